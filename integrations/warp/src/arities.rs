//! The numbers of arguments that a handler can have beside the session.

/// Hands lists of none to twelve type parameters to a macro. warp's own tuples are the only names for what a filter extracts.
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
