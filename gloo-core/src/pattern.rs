//! Regular expressions as the proxies read them: RE2, not the dialect of this language's libraries.
//!
//! An expression that the proxies refuse freezes the routes of a whole mesh, and one that they read
//! differently matches other requests than its author meant. So everything in which the two dialects differ
//! is refused here.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassSet, ClassSetItem, Flag, FlagsItemKind, GroupKind, HexLiteralKind,
    LiteralKind, RepetitionKind, RepetitionRange, Visitor,
};

/// Longest expression that is accepted, in bytes.
const MAX_LENGTH: usize = 1024;
/// Largest count in a repetition such as `a{3,1000}`, nested ones multiplied.
const MAX_REPEAT: u64 = 1000;
/// Largest program that an expression may become; the proxies stop at 32,768 steps.
const MAX_PROGRAM: u64 = 20_000;

/// Whether the proxies can run an expression, and read it as it is written.
///
/// ```
/// use gloo_core::pattern::is_valid;
///
/// assert!(is_valid(r"/v\d+/.*"));
/// assert!(!is_valid("/v(?=1)"));
/// ```
pub fn is_valid(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_LENGTH
        && parse(text)
            .is_some_and(|ast| is_common(&ast) && repeats(&ast) <= MAX_REPEAT && steps(&ast) <= MAX_PROGRAM)
}

/// Whether a valid expression matches the empty text as a whole.
pub fn matches_empty(text: &str) -> bool {
    parse(text).is_some_and(|ast| is_nullable(&ast))
}

/// Writes a text so that an expression matches exactly it.
pub fn escape(text: &str) -> String {
    regex_syntax::escape(text)
}

fn parse(text: &str) -> Option<Ast> {
    Parser::new().parse(text).ok()
}

/// Whether an expression means the same in both dialects.
fn is_common(ast: &Ast) -> bool {
    ast::visit(ast, Dialect).is_ok()
}

/// Stops at the first thing in which the dialects differ.
struct Dialect;

/// Something that the proxies do not know, or read differently.
struct Differs;

impl Dialect {
    fn only(common: bool) -> Result<(), Differs> {
        if common { Ok(()) } else { Err(Differs) }
    }

    fn flags(flags: &ast::Flags) -> Result<(), Differs> {
        let known = |item: &ast::FlagsItem| match item.kind {
            FlagsItemKind::Negation => true,
            FlagsItemKind::Flag(flag) => matches!(
                flag,
                Flag::CaseInsensitive | Flag::MultiLine | Flag::DotMatchesNewLine | Flag::SwapGreed
            ),
        };
        Self::only(flags.items.iter().all(known))
    }

    fn literal(literal: &ast::Literal) -> Result<(), Differs> {
        Self::only(match &literal.kind {
            LiteralKind::Verbatim
            | LiteralKind::Meta
            | LiteralKind::Superfluous
            | LiteralKind::Octal
            | LiteralKind::Special(_) => true,
            LiteralKind::HexFixed(kind) | LiteralKind::HexBrace(kind) => *kind == HexLiteralKind::X,
        })
    }
}

impl Visitor for Dialect {
    type Output = ();
    type Err = Differs;

    fn finish(self) -> Result<(), Differs> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Differs> {
        match ast {
            Ast::Flags(set) => Self::flags(&set.flags),
            Ast::Group(group) => match &group.kind {
                GroupKind::CaptureName { name, .. } => {
                    Self::only(name.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
                }
                GroupKind::CaptureIndex(_) | GroupKind::NonCapturing(_) => {
                    group.flags().map_or(Ok(()), Self::flags)
                }
            },
            Ast::Literal(literal) => Self::literal(literal),
            // Which names of classes are known differs, and some are too large to repeat.
            Ast::ClassUnicode(_) => Err(Differs),
            Ast::Assertion(assertion) => Self::only(matches!(
                assertion.kind,
                AssertionKind::StartLine
                    | AssertionKind::EndLine
                    | AssertionKind::StartText
                    | AssertionKind::EndText
                    | AssertionKind::WordBoundary
                    | AssertionKind::NotWordBoundary
            )),
            // `a**` is a mistake there, and no mistake here.
            Ast::Repetition(repetition) => Self::only(!matches!(*repetition.ast, Ast::Repetition(_))),
            Ast::ClassBracketed(class) => Self::only(matches!(class.kind, ClassSet::Item(_))),
            Ast::Empty(_) | Ast::Dot(_) | Ast::ClassPerl(_) | Ast::Alternation(_) | Ast::Concat(_) => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Differs> {
        match item {
            ClassSetItem::Literal(literal) => Self::literal(literal),
            ClassSetItem::Range(range) => {
                Self::literal(&range.start)?;
                Self::literal(&range.end)
            }
            // A bracket within brackets stands for itself there.
            ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => Err(Differs),
            ClassSetItem::Empty(_)
            | ClassSetItem::Ascii(_)
            | ClassSetItem::Perl(_)
            | ClassSetItem::Union(_) => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ast::ClassSetBinaryOp) -> Result<(), Differs> {
        Err(Differs)
    }
}

/// The largest count that a repetition names; 1 where it names none.
fn most(kind: &RepetitionKind) -> u64 {
    match kind {
        RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 1,
        RepetitionKind::Range(RepetitionRange::Exactly(count) | RepetitionRange::AtLeast(count)) => {
            u64::from(*count)
        }
        RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => u64::from(*least.max(most)),
    }
}

/// Counts of repetitions, those within others multiplied.
fn repeats(ast: &Ast) -> u64 {
    match ast {
        Ast::Repetition(repetition) => {
            most(&repetition.op.kind).max(1).saturating_mul(repeats(&repetition.ast))
        }
        Ast::Group(group) => repeats(&group.ast),
        Ast::Alternation(alternation) => alternation.asts.iter().map(repeats).max().unwrap_or(1),
        Ast::Concat(concat) => concat.asts.iter().map(repeats).max().unwrap_or(1),
        _ => 1,
    }
}

/// About how many steps a program for the expression has; rather too many than too few.
fn steps(ast: &Ast) -> u64 {
    /// A class stands for several byte sequences.
    const CLASS: u64 = 12;
    match ast {
        Ast::Empty(_) | Ast::Flags(_) | Ast::Assertion(_) => 1,
        Ast::Literal(_) => 4,
        Ast::Dot(_) | Ast::ClassUnicode(_) | Ast::ClassPerl(_) | Ast::ClassBracketed(_) => CLASS,
        Ast::Repetition(repetition) => {
            most(&repetition.op.kind).max(1).saturating_mul(steps(&repetition.ast)).saturating_add(2)
        }
        Ast::Group(group) => steps(&group.ast).saturating_add(2),
        Ast::Alternation(alternation) => alternation.asts.iter().map(|ast| steps(ast) + 1).sum(),
        Ast::Concat(concat) => concat.asts.iter().map(steps).sum(),
    }
}

fn is_nullable(ast: &Ast) -> bool {
    match ast {
        Ast::Empty(_) | Ast::Flags(_) => true,
        Ast::Assertion(assertion) => !matches!(assertion.kind, AssertionKind::WordBoundary),
        Ast::Literal(_) | Ast::Dot(_) | Ast::ClassUnicode(_) | Ast::ClassPerl(_) | Ast::ClassBracketed(_) => {
            false
        }
        Ast::Repetition(repetition) => {
            let least = match &repetition.op.kind {
                RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore => 0,
                RepetitionKind::OneOrMore => 1,
                RepetitionKind::Range(
                    RepetitionRange::Exactly(count)
                    | RepetitionRange::AtLeast(count)
                    | RepetitionRange::Bounded(count, _),
                ) => *count,
            };
            least == 0 || is_nullable(&repetition.ast)
        }
        Ast::Group(group) => is_nullable(&group.ast),
        Ast::Alternation(alternation) => alternation.asts.iter().any(is_nullable),
        Ast::Concat(concat) => concat.asts.iter().all(is_nullable),
    }
}

#[cfg(test)]
mod tests {
    use super::{escape, is_valid, matches_empty};

    #[test]
    fn what_both_dialects_know_is_valid() {
        for good in [
            r"/v\d+/[a-z_]*",
            r"(?i).*\.png",
            "(?P<name>a|b)?",
            r"^/x$",
            "[[:alpha:]-]{2,1000}",
            "(a{10}){100}",
            r"\x{41}",
            "(?s:a.b)",
            r"[^\]]",
            r"\bword\b",
        ] {
            assert!(is_valid(good), "{good}");
        }
    }

    #[test]
    fn what_only_one_dialect_knows_is_refused() {
        for bad in [
            "",
            "(",
            "a{1,2000}",
            "a{1001}",
            "(?x) a # note",
            "(?u)a",
            "[a-z&&[^b]]",
            "[a[b]]",
            "[a--b]",
            r"\u0041",
            r"\U00000041",
            r"\b{start}a",
            r"\p{Alphabetic}",
            r"\pL",
            "a**",
            "a{2}{3}",
            "x*?+",
            "(a{100}){100}",
            "(?P<a.b>x)",
            ".{1000}.{1000}.{1000}",
            r"\p{Script=Greek}",
            "(?=a)",
            r"(a)\1",
            &"a".repeat(1025),
        ] {
            assert!(!is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn an_expression_tells_whether_it_matches_nothing_at_all() {
        for (text, expected) in [
            (".*", true),
            ("a?", true),
            ("a|", true),
            ("(a*)(b*)", true),
            ("^$", true),
            (".+", false),
            ("a|b", false),
            ("a*b", false),
            ("a{0,2}", true),
        ] {
            assert_eq!(matches_empty(text), expected, "{text}");
        }
    }

    #[test]
    fn an_escaped_text_is_valid() {
        for text in [".png", "a+b", "[x]", r"\", "{id}", "ä?"] {
            assert!(is_valid(&escape(text)), "{text}");
        }
    }
}
