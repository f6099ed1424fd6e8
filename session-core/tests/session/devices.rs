//! "Your devices", and signing them out.

use session_core::{Device, DeviceHandle};

use crate::browser::{Browser, START, Site};

async fn list(browser: &mut Browser<'_>) -> Vec<Device> {
    browser.request(async |exchange| exchange.devices().await.unwrap().list().await.unwrap()).await
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
async fn the_device_used_last_comes_first_and_just_this_one_is_marked() {
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
async fn a_handle_is_read_back_from_its_text_and_from_no_other_text() {
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
async fn a_revoked_device_is_signed_out_at_once_and_no_other() {
    let site = Site::new();
    let mut laptop = site.device("alice", "laptop").await;
    let mut phone = site.device("alice", "phone").await;
    let _tablet = site.device("alice", "tablet").await;
    let handle = handle_of(&mut laptop, "phone").await;
    assert!(revoke(&mut laptop, handle).await);
    assert!(phone.visit(|session| session.is_new()).await);
    assert_eq!(site.store.len(), 2);
    assert!(laptop.cookie.is_some());
    assert!(!revoke(&mut laptop, handle).await, "it is gone already");
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
async fn revoking_the_others_counts_them_and_leaves_this_one() {
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
