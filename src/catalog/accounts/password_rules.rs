//! Which passwords are allowed, after NIST SP 800-63B: any characters, a minimum length, and not
//! one that attackers try first. There are no rules on the kinds of characters.

use unicode_normalization::UnicodeNormalization as _;

use super::passwords::{MAX_PASSWORD, MIN_PASSWORD};

/// The commonest passwords of 8 characters and more, in lower case and sorted: those of the list of
/// passwords of zxcvbn (MIT licence), which comes from leaked passwords.
static COMMON: &str = include_str!("common_passwords.txt");

/// Words that attackers try for an account of this service.
const CONTEXT: [&str; 2] = ["reelport", "password"];

/// What is wrong with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFlaw {
    #[error("a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")]
    Length,
    #[error("this password is one of the commonest; choose another, for example several words")]
    Common,
    #[error(
        "this password is one character again and again, or a row of the alphabet or of digits"
    )]
    Sequence,
    #[error("this password is the email address or the name of the service, with little else")]
    Guessable,
}

/// Checks a password for the account with this email.
///
/// # Errors
/// When attackers would find it soon.
pub(super) fn check(password: &str, email: &str) -> Result<(), PasswordFlaw> {
    let length = password.chars().count();
    if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&length) {
        return Err(PasswordFlaw::Length);
    }
    let folded: String = password.nfkc().collect::<String>().to_lowercase();
    if is_sequence(&folded) {
        return Err(PasswordFlaw::Sequence);
    }
    if is_common(&folded) {
        return Err(PasswordFlaw::Common);
    }
    let local = email.split('@').next().unwrap_or_default();
    if [email, local].into_iter().chain(CONTEXT).any(|word| is_mostly(&folded, word)) {
        return Err(PasswordFlaw::Guessable);
    }
    Ok(())
}

fn is_common(password: &str) -> bool {
    // The list is short enough to be searched line by line: hashing takes a thousand times longer.
    COMMON.lines().any(|common| common == password)
}

/// Whether each character follows the one before by the same step of at most one.
fn is_sequence(password: &str) -> bool {
    let codes: Vec<i64> = password.chars().map(|c| i64::from(u32::from(c))).collect();
    let mut steps = codes.windows(2).map(|pair| pair[1] - pair[0]);
    let Some(first) = steps.next() else { return true };
    first.abs() <= 1 && steps.all(|step| step == first)
}

/// Whether the password is the word with at most four other characters around it.
fn is_mostly(password: &str, word: &str) -> bool {
    let rest = password.chars().count().saturating_sub(word.chars().count());
    word.chars().count() >= 4 && rest <= 4 && password.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_attackers_try_first_are_refused() {
        for (password, flaw) in [
            ("1234567", PasswordFlaw::Length),
            ("é".repeat(7).as_str(), PasswordFlaw::Length),
            ("qwertyuiop", PasswordFlaw::Common),
            ("IloveYou1", PasswordFlaw::Common),
            ("ｑｗｅｒｔｙｕｉｏｐ", PasswordFlaw::Common),
            ("aaaaaaaaaaaa", PasswordFlaw::Sequence),
            ("abcdefghijkl", PasswordFlaw::Sequence),
            ("987654321", PasswordFlaw::Sequence),
            ("ada.lovelace@example.com", PasswordFlaw::Guessable),
            ("Ada.Lovelace99", PasswordFlaw::Guessable),
            ("reelport2026", PasswordFlaw::Guessable),
        ] {
            assert_eq!(check(password, "ada.lovelace@example.com"), Err(flaw), "{password}");
        }
    }

    #[test]
    fn any_other_password_is_allowed_whatever_its_characters() {
        let long = "ab ".repeat(300);
        for password in
            ["correct horse", "zdrfgvhz", "密码密码是一个秘密", " lead and trail ", &long]
        {
            assert_eq!(check(password, "ada@example.com"), Ok(()), "{password}");
        }
        assert!(check(&"ab ".repeat(400), "ada@example.com").is_err());
    }

    #[test]
    fn the_list_is_in_the_form_that_is_compared() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() > 5_000 && lines.is_sorted(), "{}", lines.len());
        for line in lines {
            let folded: String = line.nfkc().collect::<String>().to_lowercase();
            assert!(folded == line && line.chars().count() >= MIN_PASSWORD, "{line}");
        }
    }
}
