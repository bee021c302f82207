//! Encoding: into a buffer that is used again, and each event as a value of its own. `encode/SHAPE/WAY/CANDIDATE`.

use benches::encoders;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use subject::encode;

fn encode(criterion: &mut Criterion) {
    let reused: Vec<_> = [encode::REUSED].into_iter().chain(encode::REUSED_GIVEN).chain(encoders::REUSED).collect();
    let fresh: Vec<_> =
        [encode::FRESH, encode::SLICES].into_iter().chain(encode::FRESH_GIVEN).chain(encoders::FRESH).collect();
    for message in encode::messages() {
        for (way, candidates) in [("reused", &reused), ("fresh", &fresh)] {
            let mut group = criterion.benchmark_group(format!("encode/{}/{way}", message.shape));
            group.throughput(Throughput::Bytes((encode::REUSED.output)(&message).len() as u64));
            for candidate in candidates {
                group.bench_function(candidate.name, |bencher| {
                    bencher.iter_custom(|times| (candidate.encode)(&message, times as usize))
                });
            }
            group.finish();
        }
    }
}

criterion_group!(benches, encode);
criterion_main!(benches);
