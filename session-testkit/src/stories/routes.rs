//! Handlers for all that a session can do, each one line of a user's program.

use std::time::Duration;

use session_core::{Device, Devices, Session};

use super::framework::Framework;
use super::handler::{Args, Handled};
use super::setup::Setup;
use super::site::Site;

impl Setup {
    /// The stock handlers, with the hardened options, on a store of their own.
    #[must_use]
    pub fn new() -> Self {
        stock(Self::bare())
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// A site with the stock handlers and the hardened options.
    pub async fn stock(on: &dyn Framework) -> Self {
        Setup::new().open(on).await
    }
}

/// A handler for each method of the session, by its name. `untouched` does not ask for it.
fn stock(setup: Setup) -> Setup {
    values(setup)
        .untouched("untouched", |_| async { Ok("untouched") })
        .loaded("read", |_, _| async { Ok("read") })
        .loaded("whoami", whoami)
        .loaded("csrf", |session, _| async move { session.csrf_token() })
        .loaded("check", |session, args| async move { Ok(session.check_csrf(&args[0]).to_string()) })
        .loaded("label", |session, args| async move { session.set_label(args[0].as_str()) })
        .loaded("timeout", timeout)
        .loaded("sign_in", |session, args| async move { session.sign_in(args[0].as_str()) })
        .loaded("renew", |session, _| async move { session.renew() })
        .loaded("end", |session, _| async move { session.invalidate() })
        .loaded("end_then_set", end_then_set)
        .unloaded("log_out", |session, _| async move { session.invalidate() })
        .devices("devices", devices)
        .devices("revoke", revoke)
        .devices("revoke_others", |devices, _| async move { Ok(devices.revoke_others().await?.to_string()) })
}

fn values(setup: Setup) -> Setup {
    setup
        .loaded("get", value)
        .loaded("entries", entries)
        .loaded("set", |session, args| async move { session.insert(&args[0], &args[1]) })
        .loaded("remove", |session, args| async move { session.remove::<String>(&args[0]).map(drop) })
        .loaded("clear", |session, _| async move { session.clear() })
        .loaded("count", count)
        .loaded("flash", |session, args| async move { session.flash(&args[0]) })
        .loaded("peek", |session, _| async move { Ok(session.peek_flash::<String>("")?.join(",")) })
        .loaded("pop", |session, _| async move { Ok(session.pop_flash::<String>("")?.join(",")) })
}

async fn value(session: Session, args: Args) -> Handled<String> {
    let value: Option<serde_json::Value> = session.get(&args[0])?;
    Ok(value.map_or_else(|| "nothing".to_owned(), |value| value.to_string()))
}

async fn entries(session: Session, _: Args) -> Handled<String> {
    Ok(serde_json::Value::Object(session.entries()).to_string())
}

async fn whoami(session: Session, _: Args) -> Handled<String> {
    Ok(session.owner().map_or_else(|| "nobody".to_owned(), |owner| owner.as_str().to_owned()))
}

async fn count(session: Session, _: Args) -> Handled<String> {
    Ok(session.update("count", |n: Option<u32>| n.unwrap_or(0) + 1)?.to_string())
}

async fn timeout(session: Session, args: Args) -> Handled<()> {
    session.set_timeout(Duration::from_secs(args[0].parse().expect("a story's timeout is a number")))
}

async fn end_then_set(session: Session, args: Args) -> Handled<()> {
    session.invalidate()?;
    session.insert(&args[0], &args[1])
}

/// One line for each: handle, label, and whether it is the current one.
async fn devices(devices: Devices, _: Args) -> Handled<String> {
    let line = |device: Device| {
        let label = device.label.as_deref().unwrap_or("-").to_owned();
        format!("{} {label} {}", device.handle, if device.current { "current" } else { "other" })
    };
    Ok(devices.list(100).await?.into_iter().map(line).collect::<Vec<_>>().join("\n"))
}

async fn revoke(devices: Devices, args: Args) -> Handled<String> {
    let handle = args[0].parse().expect("the story took it from the list");
    Ok(devices.revoke(&handle).await?.to_string())
}
