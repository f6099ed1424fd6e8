//! Tests of the list of a user's devices, and of signing them out.

use std::ops::Range;
use std::time::Duration;

use session_core::store::{Created, Record, SessionStore as _, StoreKey, Version};
use session_core::{Device, DeviceHandle};
use session_testkit::Op;

use crate::browser::{Browser, START, Site};

async fn list(browser: &mut Browser<'_>) -> Vec<Device> {
    browser.request(async |exchange| exchange.devices().await.unwrap().list(100).await.unwrap()).await
}

async fn labels(browser: &mut Browser<'_>) -> Vec<String> {
    list(browser).await.iter().map(|device| device.label.as_deref().unwrap().to_owned()).collect()
}

async fn handle_of(browser: &mut Browser<'_>, label: &str) -> DeviceHandle {
    list(browser).await.iter().find(|device| device.label.as_deref() == Some(label)).unwrap().handle
}

async fn revoke(browser: &mut Browser<'_>, handle: DeviceHandle) -> bool {
    browser.request(async |exchange| exchange.devices().await.unwrap().revoke(&handle).await.unwrap()).await
}

#[tokio::test]
async fn the_last_used_device_comes_first_and_only_this_device_is_marked_as_current() {
    let site = Site::new();
    let mut laptop = site.device("alice", "laptop").await;
    site.wait(10);
    let _phone = site.device("alice", "phone").await;
    let _other = site.device("bob", "tablet").await;
    let devices = list(&mut laptop).await;
    assert_eq!(devices.iter().map(|device| device.current).collect::<Vec<_>>(), [false, true]);
    assert_eq!(devices[0].label.as_deref(), Some("phone"));
    assert_eq!((devices[1].created, devices[1].last_used), (START, START));
}

#[tokio::test]
async fn a_handle_is_read_back_from_its_text_and_other_texts_are_refused() {
    let site = Site::new();
    let mut laptop = site.device("alice", "laptop").await;
    let handle = handle_of(&mut laptop, "laptop").await;
    let text = handle.to_string();
    assert_eq!(text.len(), 22);
    assert_eq!(text.parse(), Ok(handle));
    for bad in ["", &text[..20], &format!("{text}AA")] {
        assert!(bad.parse::<DeviceHandle>().is_err(), "{}", bad.len());
    }
}

#[tokio::test]
async fn a_revoked_device_is_signed_out_at_once_and_the_others_stay_signed_in() {
    let site = Site::new();
    let mut laptop = site.device("alice", "laptop").await;
    let mut phone = site.device("alice", "phone").await;
    let _tablet = site.device("alice", "tablet").await;
    let handle = handle_of(&mut laptop, "phone").await;
    assert!(revoke(&mut laptop, handle).await);
    assert!(phone.visit(|session| session.is_new()).await);
    assert_eq!(site.store.len(), 2);
    assert!(laptop.cookie.is_some());
    assert!(!revoke(&mut laptop, handle).await, "the device is signed out already");
}

#[tokio::test]
async fn the_device_of_this_request_is_signed_out_with_its_response() {
    let site = Site::new();
    let mut laptop = site.device("alice", "laptop").await;
    let mut phone = site.device("alice", "phone").await;
    let handle = handle_of(&mut laptop, "laptop").await;
    assert!(revoke(&mut laptop, handle).await);
    assert_eq!(laptop.cookie, None);
    assert_eq!(labels(&mut phone).await, ["phone"]);
}

#[tokio::test]
async fn revoke_others_returns_the_number_of_the_others_and_keeps_this_device() {
    let site = Site::new();
    let mut laptop = site.device("alice", "laptop").await;
    for label in ["phone", "tablet"] {
        site.device("alice", label).await;
    }
    let others = laptop
        .request(async |exchange| exchange.devices().await.unwrap().revoke_others().await.unwrap())
        .await;
    assert_eq!(others, 2);
    assert_eq!(labels(&mut laptop).await, ["laptop"]);
}

/// Stores sessions of the owner without a request. Those with a greater number were used later.
async fn store_sessions(site: &Site, owner: &str, numbers: Range<u64>) {
    for n in numbers {
        let mut bytes = [7; StoreKey::BYTES];
        bytes[StoreKey::BYTES - 8..].copy_from_slice(&n.to_be_bytes());
        let mut record = Record::new(b"{}".as_slice(), START, Version::from_bits(n));
        record.owner = Some(owner.into());
        record.label = Some(n.to_string().into());
        record.last_used = START + Duration::from_secs(n);
        let created = site.store.create(&StoreKey::from_bytes(bytes), &record, START).await.unwrap();
        assert_eq!(created, Created::Done);
    }
}

#[tokio::test]
async fn a_list_has_the_last_used_devices_and_the_current_one_from_all_pages() {
    let site = Site::new();
    let mut laptop = site.device("alice", "laptop").await;
    store_sessions(&site, "alice", 0..2500).await;
    let devices =
        laptop.request(async |exchange| exchange.devices().await.unwrap().list(3).await.unwrap()).await;
    let labels: Vec<_> = devices.iter().map(|device| device.label.as_deref().unwrap()).collect();
    assert_eq!(labels, ["2499", "2498", "2497", "laptop"]);
    assert_eq!(devices.iter().filter(|device| device.current).count(), 1);
    let none =
        laptop.request(async |exchange| exchange.devices().await.unwrap().list(0).await.unwrap()).await;
    assert_eq!(none.len(), 1, "the current one");
    assert_eq!(list(&mut laptop).await.len(), 101);
}

#[tokio::test]
async fn a_list_of_up_to_a_thousand_devices_is_one_store_call() {
    let site = Site::new();
    let mut laptop = site.device("alice", "laptop").await;
    for (more, calls) in [(0..999, 1), (999..1000, 2)] {
        store_sessions(&site, "alice", more).await;
        site.calls.take();
        list(&mut laptop).await;
        assert_eq!(site.calls.take().iter().filter(|op| **op == Op::List).count(), calls);
    }
}

#[tokio::test]
async fn a_device_beyond_the_first_page_can_be_revoked() {
    let site = Site::new();
    store_sessions(&site, "alice", 0..2500).await;
    let mut laptop = site.device("alice", "laptop").await;
    let handle = {
        let all = laptop
            .request(async |exchange| exchange.devices().await.unwrap().list(9999).await.unwrap())
            .await;
        assert_eq!(all.len(), 2501);
        all.iter().find(|device| device.label.as_deref() == Some("2400")).unwrap().handle
    };
    assert!(revoke(&mut laptop, handle).await);
    assert_eq!(site.store.len(), 2500);
    assert!(!revoke(&mut laptop, handle).await);
}
