//! A small site that shows what the sessions do: it has a counter, a cart, and a list of devices.

mod account;
mod agent;
mod answer;
mod args;
mod assets;
mod cart;
mod catalogue;
mod contents;
mod devices;
mod forms;
mod frame;
mod frameworks;
mod home;
mod launch;
mod refusals;
mod secret;
mod signals;
mod site;
mod start;
mod state;
mod stores;
mod terminal;
mod trial;
mod visits;
mod when;

use std::process::ExitCode;

use clap::Parser as _;

/// The exit code when the site cannot start. It is also clap's exit code for a wrong option.
const CANNOT_START: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    match start::run(args::Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&error);
            ExitCode::from(CANNOT_START)
        }
    }
}
