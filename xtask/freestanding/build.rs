//! Links the program without the start files and the libraries of C.

fn main() {
    for argument in ["-nostartfiles", "-nostdlib", "-nodefaultlibs", "-static"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
