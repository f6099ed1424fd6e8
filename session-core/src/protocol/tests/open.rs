//! Tests of the choice of the cookie that counts, and of the session that its record opens.

use super::*;

fn sent(n: u8, issued_at: UnixTime) -> Ticket {
    Ticket { issued_at, created: START, id: id(n), key: key(n), timeout: None }
}

#[test]
fn a_session_past_a_shortened_lifetime_is_new() {
    let used = |secs| Record { last_used: START + Duration::from_secs(secs), ..stored_record() };
    assert!(matches!(opened(used(9_000), 9_999).origin(), Origin::Stored(_)));
    assert!(matches!(opened(used(9_000), 10_000).origin(), Origin::New));
}

#[test]
fn a_session_whose_own_timeout_was_shortened_is_new_even_after_a_late_touch() {
    let mut record = stored_record();
    record.timeout = Some(Duration::from_secs(60));
    record.expires = Some(START + Duration::from_secs(1_000_000));
    assert!(matches!(opened(record.clone(), 60).origin(), Origin::Stored(_)));
    assert!(matches!(opened(record, 61).origin(), Origin::New));
}

#[test]
fn of_the_cookies_that_have_not_timed_out_the_one_sent_last_counts() {
    let now = START + Duration::from_secs(100);
    let (old, newer) = (sent(1, START), sent(2, now));
    for order in [[old, newer], [newer, old]] {
        assert_eq!(read(&order.map(Some), &settings(), now), Some(newer));
    }
    let late = now + Duration::from_secs(1200);
    assert_eq!(read(&[Some(old), None, Some(newer)], &settings(), late), Some(newer));
    assert_eq!(read(&[Some(old)], &settings(), late), None);
}

#[test]
fn the_own_timeout_in_the_cookie_counts() {
    let ticket = Ticket { timeout: Some(Duration::from_secs(5000)), ..stored_ticket() };
    let at = |secs| read(&[Some(ticket)], &settings(), START + Duration::from_secs(secs)).is_some();
    assert!(at(5000));
    assert!(!at(5001));
}

#[test]
fn a_cookie_from_a_clock_that_was_ahead_counts_as_sent_now_and_wins_over_none() {
    let now = START + Duration::from_secs(1000);
    let (wrong, good) = (sent(1, now + Duration::from_secs(86_400)), sent(2, START));
    assert_eq!(read(&[Some(wrong)], &settings(), now), Some(wrong));
    for order in [[wrong, good], [good, wrong]] {
        assert_eq!(read(&order.map(Some), &settings(), now), Some(good));
    }
}
