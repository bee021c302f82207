//! Links by the script of cortex-m-rt.

fn main() {
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}
