//! L0: records are kept byte for byte.

mod sizes;
mod writes;

use std::sync::Arc;
use std::time::Duration;

use session_core::store::{Loaded, Record, StoreKey, Touched, Version, Written};
use session_core::{Owner, UnixTime};

use crate::capability::Capability;
use crate::harness::Time;
use crate::stage::Stage;
use crate::stage::step::Played;

use sizes::{
    a_label_of_the_declared_size_comes_back_whole, a_larger_value_is_kept_whole_or_refused,
    a_payload_of_the_declared_size_comes_back_whole, an_owner_of_the_declared_size_comes_back_whole,
};

use writes::{
    a_rename_replaces_every_field, an_update_can_take_optional_fields_away, an_update_replaces_every_field,
    writes_to_one_session_leave_the_others,
};

crate::__records! { __rules! { L0 } }

/// Texts that stores have stumbled over.
pub(crate) const TEXTS: [&str; 16] = [
    "ada",
    "ADA",
    " ada ",
    "ada\t\n",
    "a'b\"c`d\\e",
    "100%_*?[a-z]",
    "; drop table cwsession; --",
    "naïve",
    "nai\u{308}ve",
    "Straße İıſK",
    "日本語 🦀 \u{1F468}\u{200D}\u{1F469}",
    "\u{202E}txt\u{FEFF}",
    "nul\0inside",
    "nul\0at the end\0",
    "the last of all: \u{10FFFF}",
    "{\"a\": null}",
];

async fn an_unknown_key_is_absent(stage: &Stage) -> Played {
    let [known, unknown] = stage.keys();
    stage.one.load(&unknown).await.is(Loaded::Absent)?;
    stage.kept(&known).await?;
    stage.one.load(&unknown).await.is(Loaded::Absent)
}

async fn comes_back(stage: &Stage, record: Record) -> Played {
    let key = stage.key();
    stage.keep(&key, &record).await?;
    stage.one.load(&key).await.is(Loaded::Found(record))
}

async fn a_record_comes_back_as_it_was_kept(stage: &Stage) -> Played {
    comes_back(stage, full(stage, "ada", "laptop", 3_600)).await
}

/// A record that has everything a record can have, each time another.
pub(super) fn full(stage: &Stage, owner: &str, label: &str, timeout: u64) -> Record {
    let created = UnixTime::from_millis(stage.start.as_millis() - 90_001);
    Record {
        created,
        last_used: UnixTime::from_millis(created.as_millis() + 12_345),
        timeout: Some(Duration::from_secs(timeout)),
        label: Some(label.into()),
        ..stage.owned(owner)
    }
}

async fn payload(stage: &Stage, payload: &[u8]) -> Played {
    comes_back(stage, Record { payload: payload.into(), ..stage.record() }).await
}

async fn a_payload_of_every_byte_comes_back(stage: &Stage) -> Played {
    let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    payload(stage, &bytes).await
}

async fn an_empty_payload_comes_back_empty(stage: &Stage) -> Played {
    payload(stage, b"").await
}

async fn a_payload_of_a_mebibyte_comes_back_whole(stage: &Stage) -> Played {
    // One byte less and more than what fits into a byte, two bytes and MySQL's blob.
    for length in [255, 256, 65_535, 65_536, 1 << 20] {
        let length = stage.one.store.size_limits().payload.min(length);
        let bytes: Vec<u8> = (0..length).map(|n| (n.wrapping_mul(31) >> 3) as u8).collect();
        payload(stage, &bytes).await?;
    }
    Ok(())
}

async fn an_owner_comes_back_byte_for_byte(stage: &Stage) -> Played {
    for text in TEXTS {
        comes_back(stage, stage.owned(text)).await?;
    }
    let length = stage.one.store.size_limits().owner.min(300);
    comes_back(stage, stage.owned(&"o".repeat(length))).await
}

async fn a_label_comes_back_byte_for_byte(stage: &Stage) -> Played {
    for text in TEXTS {
        comes_back(stage, Record { label: Some(text.into()), ..stage.record() }).await?;
    }
    let length = stage.one.store.size_limits().label.min(300);
    comes_back(stage, Record { label: Some("l".repeat(length).into()), ..stage.record() }).await
}

async fn an_empty_text_is_not_taken_for_none(stage: &Stage) -> Played {
    comes_back(stage, Record { label: Some("".into()), ..stage.record() }).await?;
    comes_back(stage, stage.owned("")).await
}

async fn a_timeout_comes_back(stage: &Stage) -> Played {
    comes_back(stage, stage.record()).await?;
    for secs in [0, 1, 1_200, 34_560_000, 1 << 32, i64::MAX as u64] {
        comes_back(stage, Record { timeout: Some(Duration::from_secs(secs)), ..stage.record() }).await?;
    }
    Ok(())
}

async fn times_come_back_to_the_millisecond(stage: &Stage) -> Played {
    let year_9999 = 253_402_300_799_999;
    for millis in [-62_135_596_799_001, -1, 0, 1, 1_700_000_000_001, 4_294_967_295_999, year_9999] {
        let time = UnixTime::from_millis(millis);
        comes_back(stage, Record { created: time, last_used: time, ..stage.record() }).await?;
    }
    comes_back(stage, stage.expiring(UnixTime::from_millis(year_9999))).await
}

async fn times_at_their_limits_come_back(stage: &Stage) -> Played {
    for millis in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
        let time = UnixTime::from_millis(millis);
        comes_back(stage, Record { created: time, last_used: time, ..stage.record() }).await?;
    }
    comes_back(stage, stage.expiring(UnixTime::from_millis(i64::MAX - 1))).await
}

async fn every_version_comes_back(stage: &Stage) -> Played {
    for bits in [0, 1, (1 << 53) + 1, i64::MAX as u64, 1 << 63, u64::MAX] {
        comes_back(stage, Record { version: Version::from_bits(bits), ..stage.record() }).await?;
    }
    Ok(())
}

async fn keys_that_differ_in_one_bit_are_two_keys(stage: &Stage) -> Played {
    let mut bytes = *stage.key().as_bytes();
    // Letters, so that a flipped bit is the other case.
    bytes.fill(b'k');
    let key = StoreKey::from_bytes(bytes);
    let record = stage.kept(&key).await?;
    for place in 0..8 * StoreKey::BYTES {
        let mut other = bytes;
        other[place / 8] ^= 1 << (place % 8);
        stage.one.load(&StoreKey::from_bytes(other)).await.is(Loaded::Absent)?;
    }
    stage.one.load(&key).await.is(Loaded::Found(record))
}

async fn a_key_may_be_any_bytes(stage: &Stage) -> Played {
    let mut kept = Vec::new();
    for byte in [0, b'\'', b'"', b'\\', b'%', b'_', b'*', b'/', b'.', b'\n', b' ', b'{', 0x7F, 0x80, 0xFF] {
        let mut bytes = [byte; StoreKey::BYTES];
        // A second key, which differs only behind such a byte: a key must not end there.
        for last in [byte, b'x'] {
            bytes[StoreKey::BYTES - 1] = last;
            let key = StoreKey::from_bytes(bytes);
            kept.push((key, stage.kept(&key).await?));
        }
    }
    for (key, record) in kept {
        stage.one.load(&key).await.is(Loaded::Found(record))?;
    }
    Ok(())
}

async fn a_write_is_seen_through_another_handle(stage: &Stage) -> Played {
    let [a, b] = stage.keys();
    let record = stage.kept(&a).await?;
    stage.two.load(&a).await.is(Loaded::Found(record.clone()))?;
    let renamed = stage.record();
    stage.renamed((&a, &b), &renamed, &record).await?;
    stage.two.load(&b).await.is(Loaded::Found(renamed))?;
    stage.one.delete(&b).await.is(())?;
    stage.two.load(&b).await.is(Loaded::Absent)
}

async fn a_change_is_seen_by_who_has_read_before(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    stage.two.load(&key).await.is(Loaded::Found(first.clone()))?;
    let second = stage.record();
    stage.updated(&key, &second, &first).await?;
    stage.two.load(&key).await.is(Loaded::Found(second))?;
    stage.one.delete(&key).await.is(())?;
    stage.two.load(&key).await.is(Loaded::Absent)
}

async fn a_deleted_record_is_absent(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    stage.one.delete(&key).await.is(())?;
    stage.one.load(&key).await.is(Loaded::Absent)
}

async fn deleting_what_is_not_there_is_no_error(stage: &Stage) -> Played {
    let [unknown, key] = stage.keys();
    stage.one.delete(&unknown).await.is(())?;
    stage.kept(&key).await?;
    stage.one.delete(&key).await.is(())?;
    stage.one.delete(&key).await.is(())?;
    stage.one.load(&key).await.is(Loaded::Absent)
}

async fn the_store_prints_nothing_of_a_record(stage: &Stage) -> Played {
    let key = StoreKey::from_bytes([b'k'; StoreKey::BYTES]);
    let payload = b"payload-to-be-kept-secret";
    let secret =
        Record { payload: payload.as_slice().into(), ..full(stage, "owner-of-it", "label-of-it", 60) };
    stage.keep(&key, &secret).await?;
    let text = format!("{:?} {:#?}", stage.one.store, stage.one.store);
    tells_nothing_of(stage, &text, &key, &secret)
}

/// Expects a text to show no key, payload, owner or label, in none of the forms in which one prints them.
pub(crate) fn tells_nothing_of(stage: &Stage, text: &str, key: &StoreKey, record: &Record) -> Played {
    let mut secrets: Vec<String> = record.owner.iter().map(|owner| owner.as_str().to_owned()).collect();
    secrets.extend(record.label.as_deref().map(str::to_owned));
    // The placement is no secret, and stands at the beginning.
    for bytes in [&key.as_bytes()[2..], &record.payload[..]] {
        let numbers = format!("{bytes:?}");
        secrets.push(numbers.trim_matches(['[', ']']).to_owned());
        secrets.push(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        secrets.push(String::from_utf8_lossy(bytes).into_owned());
    }
    let text = text.to_lowercase();
    let told = secrets.iter().find(|secret| text.contains(&secret.to_lowercase()));
    stage.holds(
        told.is_none(),
        "nothing of the record",
        format!("`{}` in: {text}", told.map_or("", String::as_str)),
    )
}

async fn a_payload_is_never_interpreted(stage: &Stage) -> Played {
    let texts = [
        "null",
        "0",
        "007",
        "1e3",
        "{}",
        "{ \"b\":1, \"a\":1.0 }",
        "\"\\u0041\"",
        "\u{FEFF}{}",
        " x ",
        "\0x",
    ];
    for text in texts {
        payload(stage, text.as_bytes()).await?;
    }
    payload(stage, b"\x80\x04N.").await
}

async fn the_store_has_what_is_declared_and_nothing_else(stage: &Stage) -> Played {
    let there = [
        (Capability::Owners, stage.fresh.store.owner_index().is_some()),
        (Capability::Purge, stage.fresh.store.expiry_purge().is_some()),
        (Capability::VirtualTime, stage.time() == Time::Virtual),
        (Capability::SecondHandle, stage.fresh.second.is_some()),
        (Capability::Outages, !stage.fresh.outages.is_empty()),
        (Capability::Restarts, stage.fresh.restart.is_some()),
    ];
    for (capability, is_there) in there {
        let is_declared = stage.declared.contains(&capability);
        let say = |is: bool| format!("{capability} {}", if is { "is there" } else { "is not there" });
        let remedy = if is_there { "declare it, or take it away" } else { "build it, or do not declare it" };
        stage.holds(is_there == is_declared, &say(is_declared), format!("{}; {remedy}", say(is_there)))?;
    }
    let owner = Owner::from("ada");
    match stage.fresh.store.owner_index() {
        Some(_) => stage.one.list(&owner).await.is(Vec::new()),
        None => Ok(()),
    }
}

async fn a_change_is_seen_by_who_has_written_before(stage: &Stage) -> Played {
    let [key, new] = stage.keys();
    let (first, second, third) = (stage.kept(&key).await?, stage.record(), stage.record());
    stage.two.update(&key, &second, first.version).await.is(Written::Done)?;
    stage.one.load(&key).await.is(Loaded::Found(second.clone()))?;
    stage.updated(&key, &third, &second).await?;
    stage.two.at(stage.after(1)).touch(&key, Some(stage.after(40))).await.is(Touched::Done)?;
    let touched = Record { last_used: stage.after(1), expires: Some(stage.after(40)), ..third.clone() };
    stage.one.at(stage.after(1)).load(&key).await.is(Loaded::Found(touched))?;
    stage.two.rename(&key, &new, &second, third.version).await.is(Written::Done)?;
    stage.one.load(&key).await.is(Loaded::Moved { owner: None })?;
    stage.updated(&new, &first, &second).await?;
    stage.two.delete(&new).await.is(())?;
    stage.one.load(&new).await.is(Loaded::Absent)
}

async fn a_fresh_store_shares_nothing(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept_for(&key, "ada").await?;
    let other = stage.harness.fresh().await;
    let other = other.map_err(|error| stage.violation("another fresh store", format!("error: {error}")))?;
    let other = stage.one.on("another store", Arc::clone(&other.store));
    let loaded = other.load(&key).await.value()?;
    stage.holds(
        loaded == Loaded::Absent,
        "nothing in a fresh store",
        "what another one holds; let `Harness::fresh` open a new table, folder or prefix each time",
    )
}
