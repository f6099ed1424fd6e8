//! The time to sign and verify a session cookie, compared with the bare HMAC of the same bytes with its key
//! set up before.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use session_core::pyramid::{HashAlg, Salt, Secret, Signer};
use sha2::{Sha256, Sha512};

const SECRET: &str = "a secret of more than thirty-two bytes";
/// A body as long as that of every session cookie.
const BODY: &[u8] = br#"[1700000000,1699999000.5,{"sessioneid":"AbCdEfGhIjKlMnOpQrStUvWx"}]"#;

fn bare<M: Mac + KeyInit + Clone>() -> M {
    let key = [b"pyramid.session.", SECRET.as_bytes()].concat();
    <M as KeyInit>::new_from_slice(&key).expect("HMAC takes a key of any length")
}

fn compare<M: Mac + KeyInit + Clone>(c: &mut Criterion, name: &str, alg: HashAlg) {
    let signer = Signer::new(&Secret::from(SECRET), &[], &Salt::default(), alg);
    let cookie = signer.sign(BODY);
    let mac = bare::<M>();
    let tag = mac.clone().chain_update(BODY).finalize().into_bytes();

    let mut group = c.benchmark_group(name);
    group.bench_function("bare HMAC", |b| {
        b.iter(|| mac.clone().chain_update(black_box(BODY)).finalize().into_bytes());
    });
    group.bench_function("bare HMAC, verified", |b| {
        b.iter(|| mac.clone().chain_update(black_box(BODY)).verify_slice(black_box(&tag)).is_ok());
    });
    group.bench_function("sign", |b| b.iter(|| signer.sign(black_box(BODY))));
    group.bench_function("verify", |b| b.iter(|| signer.verify(black_box(&cookie))));
    group.finish();
}

fn signer(c: &mut Criterion) {
    compare::<Hmac<Sha512>>(c, "sha512", HashAlg::Sha512);
    compare::<Hmac<Sha256>>(c, "sha256", HashAlg::Sha256);
}

criterion_group!(benches, signer);
criterion_main!(benches);
