//! Tests of the list of a user's devices, and of signing them out.

use session_core::{Device, DeviceHandle};

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
