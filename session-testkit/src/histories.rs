//! Histories of calls that overlap, judged by whether some order of the calls explains the answers.
//!
//! A [`History`] notes who called what, when, and what the answer was. [`check`] looks for an order of the calls that keeps to the
//! real times (what had ended before another one began comes before it) and in which a [`Specification`] gives the same answers. If
//! there is none, the thing that was called is not linearizable, and the [`Violation`] shows the shortest beginning that proves it.
//!
//! ```
//! use session_testkit::histories::{History, Specification, Verdict, check};
//!
//! /// A number that can be set (`Some`) and read (`None`).
//! struct Register;
//!
//! impl Specification for Register {
//!     type State = u32;
//!     type Call = Option<u32>;
//!     type Answer = u32;
//!
//!     fn start(&self) -> u32 {
//!         0
//!     }
//!
//!     fn steps(&self, state: &u32, call: &Option<u32>) -> Vec<(u32, u32)> {
//!         let after = call.unwrap_or(*state);
//!         vec![(after, after)]
//!     }
//! }
//!
//! let mut history = History::default();
//! let set = history.call(1, Some(7));
//! history.answer(set, 7);
//! let read = history.call(2, None);
//! history.answer(read, 0); // It began when the 7 was there.
//! assert!(matches!(check(&Register, &history, 1_000), Verdict::Violated(_)));
//! ```

mod cast;
mod choice;
mod drawing;
mod history;
pub(crate) mod judgement;
mod linearizability;
pub(crate) mod race;
mod store_call;
mod store_specification;

pub use history::{Call, CallId, History, Outcome};
pub use linearizability::{Specification, Verdict, Violation, check};
