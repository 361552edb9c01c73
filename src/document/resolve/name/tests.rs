//! Tests of how names relate.

use super::*;

fn relation(one: &str, another: &str) -> Option<Relation> {
    let (one, another) = (Name::of(one), Name::of(another));
    let found = one.relation(&another);
    assert_eq!(found, another.relation(&one), "either way round");
    found
}

#[test]
fn forms_of_one_name_are_related() {
    for (one, another, expected) in [
        ("Penélope Cruz", "PENELOPE  CRUZ", Relation::Same),
        ("Pitt, Brad", "Brad Pitt", Relation::SameLetters),
        ("J.J. Abrams", "JJ Abrams", Relation::SameLetters),
        ("J. J. Abrams", "J.J. Abrams", Relation::SameLetters),
        ("Abrams, J. J.", "JJ Abrams", Relation::SameLetters),
        ("Sacha Baron-Cohen", "Sacha Baron Cohen", Relation::SameLetters),
        ("Lupita Nyong'o", "Lupita Nyongo", Relation::SameLetters),
        ("Robert Downey, Jr.", "Robert Downey Jr", Relation::SameLetters),
        ("Downey, Robert, Jr.", "Robert Downey Jr.", Relation::SameLetters),
        ("Downey Jr., Robert", "Robert Downey Jr.", Relation::SameLetters),
        ("Cuba Gooding Junior", "Cuba Gooding, Jr.", Relation::SameLetters),
        ("Wong Kar-wai", "Kar-Wai Wong", Relation::OtherOrder),
        ("Scott Campbell", "Campbell Scott", Relation::OtherOrder),
        ("Campbell, Scott", "Scott Campbell", Relation::SameLetters),
        ("Heinz 'Chip' Roemheld", "Heinz Roemheld", Relation::SameLetters),
        ("Mark ’Crash’ McCreery", "Mark McCreery", Relation::SameLetters),
        ("Bhatti, Ace", "Ace Bhatti", Relation::SameLetters),
        ("Lemon, JR", "JR Lemon", Relation::SameLetters),
        ("Sir Ben Kingsley", "Ben Kingsley", Relation::SameLetters),
        ("Roger Deakins, ASC", "Roger Deakins", Relation::SameLetters),
        ("Ｍａｒｉｅ　Ｂｅｌｌｅａｕ", "Marie Belleau", Relation::Same),
        ("李 明", "李明", Relation::SameLetters),
        ("李明", "Li Ming", Relation::SameSound(0.0)),
        ("Stefan Mcroyd (II)", "Stefan Mcroyd", Relation::Suffix),
        ("J. Michael Riva", "John Michael Riva Jr.", Relation::Suffix),
        ("S. Jackson", "Samuel Leroy Jackson", Relation::Initials),
        ("Сергей Бондарчук", "Sergey Bondarchuk", Relation::SameLetters),
        ("Dwayne \"The Rock\" Johnson", "Dwayne Johnson", Relation::SameLetters),
        ("Søren Malling", "Soren Malling", Relation::Same),
        ("Samuel Jackson", "Samuel L. Jackson", Relation::MiddleName),
        ("Philip S. Hoffman", "Philip Seymour Hoffman", Relation::Initials),
        ("Robert Downey", "Robert Downey Jr.", Relation::Suffix),
        ("S. L. Jackson", "Samuel L. Jackson", Relation::Initials),
        ("B. Pitt", "Brad Pitt", Relation::Initials),
        ("Brad Pitt ⭐", "Brad Pitt", Relation::SameLetters),
        ("🎬 Brad Pitt", "Brad Pitt", Relation::SameLetters),
        ("LEE, Malcolm D.", "Malcolm D. Lee", Relation::SameLetters),
        ("JRR Tolkien", "J. R. R. Tolkien", Relation::SameLetters),
        ("Iman (uncredited)", "Iman", Relation::SameLetters),
    ] {
        assert_eq!(relation(one, another), Some(expected), "{one} and {another}");
    }
    assert!(matches!(relation("Micheal Caine", "Michael Caine"), Some(Relation::Near(_))));
    for (one, another) in [
        ("Stephen Spielberg", "Steven Spielberg"),
        ("George Cluney", "George Clooney"),
        ("Ralf Fiennes", "Ralph Fiennes"),
        ("Nicolas Page", "Nicolas Cage"),
        ("Jenifer Aniston", "Jennifer Aniston"),
    ] {
        assert!(matches!(relation(one, another), Some(Relation::Near(_))), "{one}");
    }
    assert!(matches!(relation("Scarlet Johansson", "Scarlett Johansson"), Some(Relation::Near(_))));
}

#[test]
fn names_in_other_scripts_are_compared_by_consonants() {
    for (one, another) in [
        ("एडवर्ड नॉर्टन", "Edward Norton"),
        ("ब्रैड पिट", "Brad Pitt"),
        ("Хелена Бонем Картер", "Helena Bonham Carter"),
        ("Бред Пітт", "Brad Pitt"),
        ("Μπραντ Πιτ", "Brad Pitt"),
        ("ブラッド・ピット", "Brad Pitt"),
        ("Квентин Тарантино", "Quentin Tarantino"),
        ("Джордж Клуни", "George Clooney"),
        ("Анджелина Джоли", "Angelina Jolie"),
    ] {
        let found = relation(one, another);
        assert!(
            matches!(found, Some(Relation::SameSound(_) | Relation::SameLetters)),
            "{one} {found:?}"
        );
    }
    assert_eq!(relation("Брэд Питт", "Edward Norton"), None);
}

#[test]
fn a_surname_in_capitals_comes_last() {
    for (given, own, expected) in [
        ("PITT Brad", "Brad Pitt", Relation::SameLetters),
        ("DE NIRO Robert", "Robert De Niro", Relation::OtherOrder),
        ("JRR Tolkien", "J. R. R. Tolkien", Relation::SameLetters),
        ("BRAD PITT", "Brad Pitt", Relation::Same),
    ] {
        let found = Name::of_kind(EntityKind::Person, given).relation(&Name::of(own));
        assert_eq!(found, Some(expected), "{given}");
    }
    let platform = |name| Name::of_kind(EntityKind::Platform, name);
    assert_eq!(platform("HBO Max").relation(&Name::of("HBO-Max")), Some(Relation::SameLetters));
}

#[test]
fn editions_of_a_ceremony_have_the_same_name() {
    let of = |text| Name::of_kind(EntityKind::Ceremony, text);
    for edition in [
        "83rd Academy Awards",
        "The 83rd Annual Academy Awards",
        "Academy Awards (2011)",
        "2011 Academy Awards",
        "LXXXIII Academy Awards",
        "The XL Annual Academy Awards",
    ] {
        assert_eq!(
            of(edition).relation(&Name::of("Academy Awards")),
            Some(Relation::Same),
            "{edition}"
        );
    }
    for name in ["MIIX Awards", "IIII Awards", "X Awards", "Mix Awards"] {
        assert_eq!(of(name).relation(&Name::of(name)), Some(Relation::Same), "{name}");
    }
    assert_eq!(of("The Game Awards").relation(&Name::of("The Game Awards")), Some(Relation::Same));
    assert_eq!(of("2011").relation(&Name::of("2011")), Some(Relation::Same));
}

#[test]
fn different_names_are_not_related() {
    for (one, another) in [
        ("Robert Downey Sr.", "Robert Downey Jr."),
        ("Brad Pitt", "Brad Pott-Hughes"),
        ("Michael Douglas", "Michael Caine"),
        ("李明", "黎明"),
        ("Cuba Gooding II", "Cuba Gooding Jr."),
        ("Stefan Mcroyd (I)", "Stefan Mcroyd (II)"),
        ("Ｍａｒｉｅ　Ｂｅｌｌｅａｕ", "Maria Bello"),
        ("A. L. Disarro", "Al Di Sarro"),
        ("S. Scott Bullock", "Sandra Bullock"),
        ("T. Justin Ross", "Tessa Ross"),
        ("B. Pitt", "Michael Pitt"),
        ("John Smith", "Jane Smith"),
        ("Li Na", "Li Ni"),
        ("Stormtrooper 11", "Stormtrooper 12"),
        ("George W. Bush", "George H. Bush"),
        ("/¥", "्¥"),
        ("कुल", "कल"),
    ] {
        assert_eq!(relation(one, another), None, "{one} and {another}");
    }
}

#[test]
fn a_name_of_symbols_alone_has_a_part() {
    assert_eq!(Name::of("???").sorted(), "???");
    assert_eq!(Name::of("").sorted(), "");
    assert!(Name::of("X").relation(&Name::of("x")).is_some());
}

#[test]
fn a_name_without_letters_is_compared_as_a_whole() {
    for (one, another) in [
        ("\u{ef6ec}\u{301}ǅ", "'ǅ \u{56980}א"),
        ("ǅ", "ǅ\u{bee3c}"),
        ("Ada \u{e000}", "Ada Quist"),
        ("Ada Quist \u{e000}", "Ada Quist"),
        ("???", "!!!"),
        ("👩‍👩‍👧‍👦", "🌊"),
        ("🌊", "A"),
        ("A", "A 🌊 \u{10ffff}"),
        ("\u{378}\u{379} ma", "ma"),
        ("1", "1 1"),
    ] {
        assert_eq!(relation(one, another), None, "{one:?} {another:?}");
        assert_ne!(
            Name::of(one).normalised(),
            Name::of(another).normalised(),
            "{one:?} {another:?}"
        );
    }
    for name in ["\u{ef6ec}\u{301}ǅ", "???", "👩‍👩‍👧‍👦", "\u{e000}", "1"] {
        assert_eq!(relation(name, name), Some(Relation::Same), "{name:?}");
    }
    // Beside letters, symbols decorate the name.
    assert_eq!(relation("Ada 🌊 Quist", "Ada Quist"), Some(Relation::SameLetters));
    assert!(Name::of("Ada 🌊 Quist").has_symbols() && !Name::of("Ada Quist").has_symbols());
}

#[test]
fn an_extended_name_has_all_words_of_the_shorter_one() {
    for (longer, shorter) in [("Robin Wright Penn", "Robin Wright"), ("Ada Q. Moor", "Ada Moor")] {
        assert!(Name::of(longer).has_all_words_of(&Name::of(shorter)), "{longer}");
    }
    for (longer, shorter) in [
        ("Robin Wright", "Robin Wright Penn"),
        ("Robin Wright", "Robin"),
        ("John Moor Jr.", "John Moor Sr."),
        ("Ada Quist", "Bo Renn"),
    ] {
        assert!(!Name::of(longer).has_all_words_of(&Name::of(shorter)), "{longer}");
    }
}

#[test]
fn incomparable_names_are_not_unrelated() {
    let is_unrelated = |one, another| Name::of(one).is_unrelated_to(&Name::of(another));
    for (one, another) in [
        ("Ada Quist", "Zed Lindqvist"),
        ("Anton Moor", "Zed Quist"),
        ("石田海", "小林空"),
        ("Иван Петров", "Жора Быков"),
    ] {
        assert!(is_unrelated(one, another), "{one} and {another}");
    }
    for (one, another) in [
        ("Ada Quist", "Ada Moor"),
        ("Ada Quist", "Quist, Ada"),
        ("Meat Loaf", "Meatloaf"),
        ("Kai Ishida", "石田海"),
        ("石田海", "石田 海斗"),
        ("Иван Петров", "김민지"),
        ("J. J.", "Ada Quist"),
    ] {
        assert!(!is_unrelated(one, another), "{one} and {another}");
    }
}
