//! The hello-world of warp.

use warp::Filter as _;

async fn visit() -> &'static str {
    "hello, world"
}

#[tokio::main]
async fn main() {
    let routes = warp::path::end().then(visit);
    warp::serve(routes).run(([127, 0, 0, 1], 8080)).await;
}
