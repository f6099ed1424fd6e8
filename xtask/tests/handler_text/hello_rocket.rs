//! Rocket's hello-world.

use rocket::{get, launch, routes};

#[get("/")]
fn visit() -> &'static str {
    "hello, world"
}

#[launch]
fn rocket() -> _ {
    rocket::build().mount("/", routes![visit])
}
