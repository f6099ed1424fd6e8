//! "Your devices": every session of whoever is signed in, and the end of any of them.

use askama::Template;
use serde::Deserialize;
use session_core::{Device, DeviceHandle, Devices, Error, Session, UnixTime};

use crate::account;
use crate::answer::Answer;
use crate::forms::{Button, Guarded};
use crate::frame::{Frame, Message};
use crate::refusals;
use crate::site::Site;
use crate::when::When;

const HERE: &str = "/devices";

struct Row {
    handle: DeviceHandle,
    label: String,
    created: When,
    last_used: When,
    current: bool,
}

impl Row {
    fn new(device: Device, now: UnixTime) -> Self {
        Self {
            handle: device.handle,
            label: device.label.as_deref().unwrap_or("Unknown device").to_owned(),
            created: When::past(device.created, now),
            last_used: When::past(device.last_used, now),
            current: device.current,
        }
    }
}

#[derive(Template)]
#[template(path = "devices.html")]
struct Page {
    frame: Frame,
    csrf: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "devices_of_nobody.html")]
struct NobodysPage {
    frame: Frame,
}

/// The list.
pub(crate) async fn page(
    site: &Site,
    session: &Session,
    devices: &Devices,
    now: UnixTime,
) -> Result<Answer, Error> {
    let frame = Frame::new(site, session, HERE)?;
    if session.owner().is_none() {
        return Ok(Answer::page(&NobodysPage { frame }));
    }
    let rows = devices.list().await?.into_iter().map(|device| Row::new(device, now)).collect();
    Ok(Answer::page(&Page { frame, csrf: session.csrf_token()?, rows }))
}

/// What the form beside a device says: which one.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    device: String,
}

/// Ends one session.
pub(crate) async fn revoke(
    site: &Site,
    session: &Session,
    devices: &Devices,
    form: Guarded<Choice>,
) -> Result<Answer, Error> {
    let Some(choice) = form.open(session) else { return refusals::forged(site, session, HERE) };
    let ended = match choice.device.parse() {
        Ok(handle) => devices.revoke(&handle).await?,
        Err(_) => false,
    };
    match (ended, session.owner()) {
        (true, Some(_)) => Message::good(session, "That device is signed out.")?,
        // It was this one.
        (true, None) => return Ok(account::signed_out()),
        (false, _) => Message::bad(session, "That device is not in the list any more. Please look again.")?,
    }
    Ok(Answer::SeeOther(HERE))
}

/// Ends all sessions of the owner but this one.
pub(crate) async fn revoke_others(
    site: &Site,
    session: &Session,
    devices: &Devices,
    form: Guarded<Button>,
) -> Result<Answer, Error> {
    let Some(Button {}) = form.open(session) else { return refusals::forged(site, session, HERE) };
    match devices.revoke_others().await? {
        0 => Message::bad(session, "You were signed in nowhere else."),
        1 => Message::good(session, "One other device is signed out."),
        ended => Message::good(session, format!("{ended} other devices are signed out.")),
    }?;
    Ok(Answer::SeeOther(HERE))
}
