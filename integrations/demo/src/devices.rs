//! The page "Your devices", which lists the sessions of the signed-in user and can end each of them.

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

/// Renders the list of devices, or a link to the sign-in form if nobody is signed in.
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
    let rows = devices.list(100).await?.into_iter().map(|device| Row::new(device, now)).collect();
    Ok(Answer::page(&Page { frame, csrf: session.csrf_token()?, rows }))
}

/// The field of the form beside a device: the handle of that device.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    device: String,
}

/// Ends one session of the owner.
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
        (true, Some(_)) => Message::good(session, "The device has been signed out.")?,
        // The visitor signed out this device.
        (true, None) => return Ok(account::signed_out()),
        (false, _) => {
            Message::bad(session, "That device is no longer in the list. Please check the list again.")?
        }
    }
    Ok(Answer::SeeOther(HERE))
}

/// Ends all other sessions of the owner.
pub(crate) async fn revoke_others(
    site: &Site,
    session: &Session,
    devices: &Devices,
    form: Guarded<Button>,
) -> Result<Answer, Error> {
    let Some(Button {}) = form.open(session) else { return refusals::forged(site, session, HERE) };
    match devices.revoke_others().await? {
        0 => Message::bad(session, "You were not signed in anywhere else."),
        1 => Message::good(session, "One other device has been signed out."),
        ended => Message::good(session, format!("{ended} other devices have been signed out.")),
    }?;
    Ok(Answer::SeeOther(HERE))
}
