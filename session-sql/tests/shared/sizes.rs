//! The memory of a call.

use test_support::sizes_of_calls;

use crate::scene::Scene;

/// The largest number of bytes that a call in flight may take. A service has thousands of them when its
/// database is slow.
const LARGEST: usize = 8 << 10;

#[tokio::test]
async fn a_call_in_flight_takes_no_more_than_eight_kibibytes() {
    let sizes = sizes_of_calls(&Scene::new().await.store);
    assert_eq!(sizes.len(), 9);
    assert!(sizes.iter().all(|(_, size)| *size <= LARGEST), "{sizes:?}");
}
