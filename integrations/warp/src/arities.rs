//! The numbers of arguments that a handler can have after the session.

/// Calls a macro with each list of zero to twelve type parameters.
///
/// warp has no public trait for the tuples that its filters extract, so each length needs an implementation
/// of its own.
macro_rules! for_each {
    ($each:ident) => {
        $each!();
        $each!(A1);
        $each!(A1 A2);
        $each!(A1 A2 A3);
        $each!(A1 A2 A3 A4);
        $each!(A1 A2 A3 A4 A5);
        $each!(A1 A2 A3 A4 A5 A6);
        $each!(A1 A2 A3 A4 A5 A6 A7);
        $each!(A1 A2 A3 A4 A5 A6 A7 A8);
        $each!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
        $each!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
        $each!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
        $each!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
    };
}

pub(crate) use for_each;
