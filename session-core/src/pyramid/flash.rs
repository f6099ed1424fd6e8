//! The names of Pyramid's flash queues.

/// Returns the name of the session value that holds a flash queue.
pub(crate) fn value_name(queue: &str) -> String {
    format!("_f_{queue}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_named_as_in_pyramid() {
        assert_eq!((value_name(""), value_name("errors")), ("_f_".to_owned(), "_f_errors".to_owned()));
    }
}
