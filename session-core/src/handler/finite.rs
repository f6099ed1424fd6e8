//! A check that a value contains no NaN and no infinity, which JSON cannot hold.
//!
//! serde_json writes such a number as null, wherever in the value it is, and null is not read back as a
//! number.

use std::fmt::{self, Display};

use serde::ser::{self, Serialize};

/// Tells whether all floating-point numbers in `value` are finite. A value that cannot be serialized at all
/// counts as not finite.
pub(crate) fn is_finite<T: Serialize + ?Sized>(value: &T) -> bool {
    value.serialize(Finite).is_ok()
}

/// A serializer that writes nothing and fails at the first number that is not finite.
struct Finite;

#[derive(Debug)]
struct NotFinite;

impl Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number is not finite")
    }
}

impl std::error::Error for NotFinite {}

impl ser::Error for NotFinite {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

type Checked = Result<(), NotFinite>;

/// Implements the methods for the types that hold no floating-point number.
macro_rules! plain {
    ($($method:ident($($arg:ty),*);)*) => {
        $(fn $method(self, $(_: $arg),*) -> Checked {
            Ok(())
        })*
    };
}

impl ser::Serializer for Finite {
    type Ok = ();
    type Error = NotFinite;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    plain! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_f32(self, number: f32) -> Checked {
        if number.is_finite() { Ok(()) } else { Err(NotFinite) }
    }

    fn serialize_f64(self, number: f64) -> Checked {
        if number.is_finite() { Ok(()) } else { Err(NotFinite) }
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Checked {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }
}

/// Implements the traits for the parts of a value. Each part is checked by itself.
macro_rules! parts {
    ($($form:ident: $method:ident($($name:ty)?);)*) => {
        $(impl ser::$form for Finite {
            type Ok = ();
            type Error = NotFinite;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? part: &T) -> Checked {
                part.serialize(Finite)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeStruct: serialize_field(&'static str);
    SerializeStructVariant: serialize_field(&'static str);
}

impl ser::SerializeMap for Finite {
    type Ok = ();
    type Error = NotFinite;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Checked {
        key.serialize(Finite)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
        value.serialize(Finite)
    }

    fn end(self) -> Checked {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;

    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Newtype(f64);
    #[derive(Serialize)]
    struct Pair(u8, f64);
    #[derive(Serialize)]
    struct Inner {
        number: f64,
    }
    #[derive(Serialize)]
    struct Flat {
        name: char,
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Struct { number: f64 },
    }
    #[derive(Serialize)]
    enum Enum {
        Unit,
        Newtype(f32),
        Tuple(f64, f64),
        Struct { number: f64 },
    }

    /// Tells for each place in which a number can be hidden that `number` was found there to be finite.
    fn found_finite(number: f64) -> Vec<bool> {
        let inner = || Inner { number };
        vec![
            is_finite(&number),
            is_finite(&(number as f32)),
            is_finite(&Some(number)),
            is_finite(&[1.0, number]),
            is_finite(&(1, "a", number)),
            is_finite(&Newtype(number)),
            is_finite(&Pair(1, number)),
            is_finite(&inner()),
            is_finite(&Flat { name: 'a', inner: inner() }),
            is_finite(&Tagged::Struct { number }),
            is_finite(&Enum::Newtype(number as f32)),
            is_finite(&Enum::Tuple(1.0, number)),
            is_finite(&Enum::Struct { number }),
            is_finite(&BTreeMap::from([("a", vec![Some(inner())])])),
        ]
    }

    #[test]
    fn a_number_that_is_not_finite_is_found_wherever_it_is() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(found_finite(number), [false; 14], "{number}");
        }
        assert_eq!(found_finite(-0.5), [true; 14]);
    }

    #[test]
    fn a_value_without_such_numbers_is_finite() {
        assert!(is_finite(&(None::<f64>, (), true, "text", 'c', 1u128, -1i128, Enum::Unit)));
        assert!(is_finite(&(Ipv4Addr::LOCALHOST, BTreeMap::from([(1, "a")]), b"bytes")));
    }
}
