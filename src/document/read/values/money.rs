//! Reads amounts of money in common notations: `$3.99`, `3,99 €`, `US$63 million`, `92.180.910 $`.

use iso_currency::Currency;

use super::marks::bare;
use super::numbers::{around_digits, has_two_readings, plain_number};

/// An amount of money found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// In plain digits, with a decimal point before a fraction.
    pub amount: String,
    pub currency: Option<Sign>,
}

/// The currency that a sign or a word states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// An ISO 4217 code.
    Certain(&'static str),
    /// A sign of several currencies; the first is the default.
    OneOf(&'static [&'static str]),
}

impl Sign {
    /// The currency, or the default for an ambiguous sign.
    #[must_use]
    pub fn default_currency(self) -> &'static str {
        match self {
            Self::Certain(code) => code,
            Self::OneOf(codes) => codes.first().copied().unwrap_or("USD"),
        }
    }

    /// The currency of that country (ISO 3166-1 alpha-2), if it is one with this sign.
    #[must_use]
    pub fn in_region(self, region: &str) -> Option<&'static str> {
        let Self::OneOf(codes) = self else { return None };
        let in_region = REGIONS.iter().find(|(code, _)| *code == region).map(|(_, code)| *code);
        in_region.filter(|code| codes.contains(code))
    }

    /// Whether the sign is compatible with a currency code.
    #[must_use]
    pub fn allows(self, code: &str) -> bool {
        match self {
            Self::Certain(certain) => certain == code,
            Self::OneOf(codes) => codes.contains(&code),
        }
    }
}

const DOLLARS: Sign =
    Sign::OneOf(&["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "CLP", "COP", "ARS"]);
const CROWNS: Sign = Sign::OneOf(&["SEK", "NOK", "DKK", "ISK"]);
const RUPEES: Sign = Sign::OneOf(&["INR", "PKR", "LKR", "NPR"]);
const POUNDS: Sign = Sign::OneOf(&["GBP", "EGP"]);

/// The currencies of countries that use an ambiguous sign.
const REGIONS: &[(&str, &str)] = &[
    ("US", "USD"),
    ("CA", "CAD"),
    ("AU", "AUD"),
    ("NZ", "NZD"),
    ("SG", "SGD"),
    ("HK", "HKD"),
    ("TW", "TWD"),
    ("MX", "MXN"),
    ("CL", "CLP"),
    ("CO", "COP"),
    ("AR", "ARS"),
    ("SE", "SEK"),
    ("NO", "NOK"),
    ("DK", "DKK"),
    ("IS", "ISK"),
    ("JP", "JPY"),
    ("CN", "CNY"),
    ("IN", "INR"),
    ("PK", "PKR"),
    ("LK", "LKR"),
    ("NP", "NPR"),
];

/// Signs and words for currencies, in lower case.
const SIGNS: &[(&str, Sign)] = &[
    ("$", DOLLARS),
    ("dollar", DOLLARS),
    ("dollars", DOLLARS),
    ("us$", Sign::Certain("USD")),
    ("u.s.$", Sign::Certain("USD")),
    ("u.s. $", Sign::Certain("USD")),
    ("usd$", Sign::Certain("USD")),
    ("us dollars", Sign::Certain("USD")),
    ("u.s. dollars", Sign::Certain("USD")),
    ("us-dollar", Sign::Certain("USD")),
    ("a$", Sign::Certain("AUD")),
    ("au$", Sign::Certain("AUD")),
    ("c$", Sign::Certain("CAD")),
    ("ca$", Sign::Certain("CAD")),
    ("nz$", Sign::Certain("NZD")),
    ("hk$", Sign::Certain("HKD")),
    ("s$", Sign::Certain("SGD")),
    ("mx$", Sign::Certain("MXN")),
    ("r$", Sign::Certain("BRL")),
    ("€", Sign::Certain("EUR")),
    ("euro", Sign::Certain("EUR")),
    ("euros", Sign::Certain("EUR")),
    ("£", Sign::Certain("GBP")),
    ("pounds", POUNDS),
    ("₹", Sign::Certain("INR")),
    ("us $", Sign::Certain("USD")),
    ("rs", RUPEES),
    ("rs.", RUPEES),
    ("rupees", RUPEES),
    ("¥", Sign::OneOf(&["JPY", "CNY"])),
    ("￥", Sign::OneOf(&["JPY", "CNY"])),
    ("円", Sign::Certain("JPY")),
    ("yen", Sign::Certain("JPY")),
    ("元", Sign::Certain("CNY")),
    ("₩", Sign::Certain("KRW")),
    ("원", Sign::Certain("KRW")),
    ("won", Sign::Certain("KRW")),
    ("₽", Sign::Certain("RUB")),
    ("руб", Sign::Certain("RUB")),
    ("₺", Sign::Certain("TRY")),
    ("₴", Sign::Certain("UAH")),
    ("₪", Sign::Certain("ILS")),
    ("฿", Sign::Certain("THB")),
    ("₫", Sign::Certain("VND")),
    ("zł", Sign::Certain("PLN")),
    ("kč", Sign::Certain("CZK")),
    ("fr.", Sign::Certain("CHF")),
    ("kr", CROWNS),
    ("kr.", CROWNS),
];

/// Words for powers of ten, in lower case.
const POWERS: &[(&str, u32)] = &[
    ("k", 3),
    ("thousand", 3),
    ("tausend", 3),
    ("lakh", 5),
    ("lakhs", 5),
    ("m", 6),
    ("mn", 6),
    ("mm", 6),
    ("mil", 6),
    ("mio", 6),
    ("mio.", 6),
    ("million", 6),
    ("millions", 6),
    ("millionen", 6),
    ("millones", 6),
    ("milhões", 6),
    ("milioni", 6),
    ("crore", 7),
    ("crores", 7),
    ("cr", 7),
    ("b", 9),
    ("bn", 9),
    ("billion", 9),
    ("milliarde", 9),
    ("milliarden", 9),
    ("milliard", 9),
    ("milliards", 9),
];

/// Words before an amount that are ignored.
const ABOUT: &[&str] = &[
    "about ",
    "approximately ",
    "approx. ",
    "approx ",
    "around ",
    "circa ",
    "ca. ",
    "c. ",
    "estimated ",
    "est. ",
    "roughly ",
    "from ",
    "~",
    "≈",
];
/// Words after a price that are ignored, such as how often it is paid.
const PERIODS: &[&str] =
    &["/month", "/mo", "/mo.", "per month", "a month", "/year", "per year", "rental", "+"];

/// The amount of money in a text.
#[must_use]
pub fn find(text: &str) -> Option<Money> {
    let text = bare(text).to_lowercase();
    let mut text = text.trim();
    while let Some(rest) = ABOUT.iter().find_map(|word| text.strip_prefix(word)) {
        text = rest.trim_start();
    }
    let text = PERIODS.iter().find_map(|period| text.strip_suffix(period)).unwrap_or(text).trim();
    let (before, digits, after) = around_digits(text)?;
    let is_indian = ["lakh", "lakhs", "crore", "crores", "cr"]
        .iter()
        .any(|word| after.split_whitespace().next() == Some(word));
    let (power, after) = power_prefix(after);
    let before = parse_sign(before)?;
    let after = parse_sign(after)?;
    let currency = match (before, after) {
        (Some(one), Some(other)) if one != other => {
            // "$3.99 USD": the unambiguous one decides which dollar it is.
            let certain = [one, other].into_iter().find(|sign| matches!(sign, Sign::Certain(_)))?;
            if !(one.allows(certain.default_currency()) && other.allows(certain.default_currency()))
            {
                return None;
            }
            Some(certain)
        }
        (one, other) => one.or(other),
    };
    // Indian number words imply rupees if no currency is stated.
    let currency = currency.or(is_indian.then_some(RUPEES));
    let amount = scale(&plain_number(digits)?, power)?;
    Some(Money { amount, currency })
}

/// Whether the amount in a text may also be a thousand times as much: `63.000 $`.
#[must_use]
pub fn is_ambiguous(text: &str) -> bool {
    around_digits(text).is_some_and(|(_, digits, after)| {
        has_two_readings(digits) && power_prefix(&after.to_lowercase()).0 == 0
    })
}

/// The power of ten at the start of a text, and the text after it.
fn power_prefix(text: &str) -> (u32, &str) {
    let end = text.find(|c: char| c.is_whitespace()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let found = POWERS.iter().find(|(name, _)| *name == word);
    found.map_or((0, text), |(_, power)| (*power, rest.trim_start()))
}

/// The currency stated by a text, if any. The outer `None` means that the text is not a currency.
#[allow(clippy::option_option, reason = "nothing said and not understood differ")]
fn parse_sign(text: &str) -> Option<Option<Sign>> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == ',');
    if text.is_empty() || text == "." || text == ".-" {
        return Some(None);
    }
    if let Some((_, sign)) = SIGNS.iter().find(|(name, _)| *name == text) {
        return Some(Some(*sign));
    }
    let code = text.strip_suffix('$').unwrap_or(text).trim().to_uppercase();
    let is_code = code.len() == 3 && code.is_ascii();
    let currency = is_code.then(|| Currency::from_code(&code)).flatten()?;
    Some(Some(Sign::Certain(currency.code())))
}

/// The currency that a word or a sign names.
#[must_use]
pub fn currency(text: &str) -> Option<Sign> {
    parse_sign(&bare(text).to_lowercase()).flatten()
}

/// A decimal number in plain digits, multiplied by a power of ten.
fn scale(number: &str, power: u32) -> Option<String> {
    if power == 0 {
        return Some(number.to_owned());
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let power = usize::try_from(power).ok()?;
    let zeros = power.checked_sub(fraction.len())?;
    let digits = format!("{whole}{fraction}{}", "0".repeat(zeros));
    let digits = digits.trim_start_matches('0');
    Some(if digits.is_empty() { "0".to_owned() } else { digits.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, Option<&'static str>)> {
        find(text).map(|money| (money.amount, money.currency.map(Sign::default_currency)))
    }

    #[test]
    fn amounts_are_read_with_their_currency() {
        for (text, amount, currency) in [
            ("$63,000,000", "63000000", Some("USD")),
            ("US$63,000,000", "63000000", Some("USD")),
            ("USD 63,000,000", "63000000", Some("USD")),
            ("63,000,000 USD", "63000000", Some("USD")),
            ("$63 million", "63000000", Some("USD")),
            ("$63 million (estimated)", "63000000", Some("USD")),
            ("~$63M", "63000000", Some("USD")),
            ("US$975.8 million", "975800000", Some("USD")),
            ("1.2 billion dollars", "1200000000", Some("USD")),
            ("63 000 000", "63000000", None),
            ("92.180.910 $", "92180910", Some("USD")),
            ("13,5 Millionen Euro", "13500000", Some("EUR")),
            ("₹70 crore", "700000000", Some("INR")),
            ("0.5 million", "500000", None),
            ("3,99 €", "3.99", Some("EUR")),
            ("€3.99", "3.99", Some("EUR")),
            ("US$3.99", "3.99", Some("USD")),
            ("$3.99 USD", "3.99", Some("USD")),
            ("CA$4.99", "4.99", Some("CAD")),
            ("$4.99 CAD", "4.99", Some("CAD")),
            ("CHF 3.90", "3.90", Some("CHF")),
            ("Rs. 99", "99", Some("INR")),
            ("39 kr", "39", Some("SEK")),
            ("$9.99/month", "9.99", Some("USD")),
            ("3.99", "3.99", None),
        ] {
            assert_eq!(found(text), Some((amount.to_owned(), currency)), "{text}");
        }
    }

    #[test]
    fn texts_without_a_single_amount_are_not_read() {
        for text in [
            "",
            "free",
            "$100–110 million",
            "$3.99 - $14.99",
            "€3.99 USD",
            "3.99 or 4.99",
            "ten dollars",
            "$1.2345678 million",
            "63 bananas",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn a_point_before_three_digits_is_ambiguous_without_a_word() {
        assert!(is_ambiguous("63.000 $"));
        assert!(!is_ambiguous("63.125 million"));
        assert!(!is_ambiguous("63.000.000 $"));
    }
}
