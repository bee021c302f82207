//! Decoding: every shape, cut in three ways, by every candidate. `decode/SHAPE/CUT/CANDIDATE`.

use benches::candidates;
use benches::shapes::{self, Cut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Network buffers, TCP segments, and one event at a time.
const CUTS: [Cut; 3] = [Cut::Every(16 * 1024), Cut::Every(1400), Cut::Event];

fn decode(criterion: &mut Criterion) {
    for shape in shapes::all() {
        for cut in CUTS {
            let chunks = shape.chunks(cut);
            let mut group = criterion.benchmark_group(format!("decode/{}/{}", shape.name, cut.name()));
            group.throughput(Throughput::Bytes(chunks.iter().map(|chunk| chunk.len() as u64).sum()));
            let expected = (candidates::ALL[0].decode)(&chunks);
            assert!(expected.events > 0);
            for candidate in &candidates::ALL {
                let tally = (candidate.decode)(&chunks);
                assert_eq!(tally, expected, "{} on {} by {}", candidate.name, shape.name, cut.name());
                group.bench_function(candidate.name, |bencher| bencher.iter(|| (candidate.decode)(&chunks)));
            }
            group.finish();
        }
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
