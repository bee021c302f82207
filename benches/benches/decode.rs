//! Decoding: every shape, cut in every way, by every candidate. `decode/SHAPE/CUT/CANDIDATE`; the name of one that is
//! wrong on the input begins with `~`.

use benches::decoders;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use subject::decode;
use subject::shapes::{self, CUTS};

fn decode(criterion: &mut Criterion) {
    for shape in shapes::all() {
        for cut in CUTS {
            let chunks = shape.chunks(cut);
            let mut group = criterion.benchmark_group(format!("decode/{}/{}", shape.name, cut.name()));
            group.throughput(Throughput::Bytes(chunks.iter().map(|chunk| chunk.len() as u64).sum()));
            let expected = (decode::LENT.decode)(&chunks);
            assert!(expected.events > 0);
            for candidate in [decode::LENT, decode::OWNED, decode::TOKIO].into_iter().chain(decoders::PEERS) {
                let wrong = if (candidate.decode)(&chunks) == expected { "" } else { "~" };
                let name = format!("{wrong}{}", candidate.name);
                group.bench_function(name, |bencher| bencher.iter(|| (candidate.decode)(&chunks)));
            }
            group.finish();
        }
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
