//! The naive oracle of `Content-Type`: "extract a MIME type" of the Fetch standard and "parse a MIME type" of the MIME
//! Sniffing standard, step by step.

use std::collections::HashMap;

/// A MIME type: its essence, and its parameters by name.
pub(super) struct MimeType {
    pub(super) essence: String,
    pub(super) parameters: HashMap<String, String>,
}

/// Fetch, "extract a MIME type", from the value of `Content-Type`. `None`: failure.
pub(super) fn extract(value: &[u8]) -> Option<MimeType> {
    let mut charset: Option<String> = None;
    let mut essence: Option<String> = None;
    let mut extracted = None;
    // "isomorphic decode": each byte is the character of its number.
    for value in split(&value.iter().copied().map(char::from).collect::<String>()) {
        let Some(mut mime) = parse(&value).filter(|mime| mime.essence != "*/*") else {
            continue;
        };
        if essence.as_ref() != Some(&mime.essence) {
            charset = mime.parameters.get("charset").cloned();
            essence = Some(mime.essence.clone());
        } else if let Some(charset) = &charset {
            mime.parameters.entry("charset".to_owned()).or_insert(charset.clone());
        }
        extracted = Some(mime);
    }
    extracted
}

/// Fetch, "get, decode, and split", from the decoded value on.
fn split(input: &str) -> Vec<String> {
    let mut input = Input::new(input);
    let mut values = Vec::new();
    let mut value = String::new();
    loop {
        value += &input.collect(|char| !matches!(char, '"' | ','));
        match input.peek() {
            Some('"') => {
                value += &input.quoted_string().raw;
                if input.peek().is_some() {
                    continue;
                }
            }
            Some(_) => input.advance(),
            None => {}
        }
        values.push(value.trim_matches(['\t', ' ']).to_owned());
        value.clear();
        if input.peek().is_none() {
            return values;
        }
    }
}

/// MIME Sniffing, "parse a MIME type". `None`: failure.
fn parse(input: &str) -> Option<MimeType> {
    let mut input = Input::new(input.trim_matches(is_whitespace));
    let kind = input.collect(|char| char != '/');
    if !is_token(&kind) || input.peek().is_none() {
        return None;
    }
    input.advance();
    let subtype = input.collect(|char| char != ';');
    let subtype = subtype.trim_end_matches(is_whitespace);
    if !is_token(subtype) {
        return None;
    }
    let mut parameters = HashMap::new();
    while input.peek().is_some() {
        input.advance(); // past the semicolon
        input.collect(is_whitespace);
        let name = input.collect(|char| !matches!(char, ';' | '=')).to_ascii_lowercase();
        match input.peek() {
            None => break,
            Some(';') => continue,
            Some(_) => input.advance(),
        }
        let value = match input.peek() {
            None => break,
            Some('"') => {
                let value = input.quoted_string().extracted;
                input.collect(|char| char != ';');
                value
            }
            Some(_) => {
                let value = input.collect(|char| char != ';');
                let value = value.trim_end_matches(is_whitespace);
                if value.is_empty() {
                    continue;
                }
                value.to_owned()
            }
        };
        // "HTTP quoted-string token code points"
        let is_text = |char| matches!(char, '\t' | ' '..='~' | '\u{80}'..='\u{ff}');
        if is_token(&name) && value.chars().all(is_text) {
            parameters.entry(name).or_insert(value);
        }
    }
    Some(MimeType { essence: format!("{kind}/{subtype}").to_ascii_lowercase(), parameters })
}

/// "HTTP token code points", and not none of them.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char))
}

/// "HTTP whitespace"
fn is_whitespace(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\t' | ' ')
}

/// The standards' input and position variable.
struct Input {
    chars: Vec<char>,
    position: usize,
}

/// A quoted string as it stands and what it means.
struct Quoted {
    raw: String,
    extracted: String,
}

impl Input {
    fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), position: 0 }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.position).copied()
    }

    fn advance(&mut self) {
        self.position += 1;
    }

    /// "Collect a sequence of code points"
    fn collect(&mut self, of_these: impl Fn(char) -> bool) -> String {
        let mut collected = String::new();
        while let Some(char) = self.peek().filter(|char| of_these(*char)) {
            collected.push(char);
            self.advance();
        }
        collected
    }

    /// "Collect an HTTP quoted string"
    fn quoted_string(&mut self) -> Quoted {
        let start = self.position;
        let mut extracted = String::new();
        self.advance(); // past the quote
        loop {
            extracted += &self.collect(|char| !matches!(char, '"' | '\\'));
            let Some(quote_or_backslash) = self.peek() else { break };
            self.advance();
            if quote_or_backslash == '"' {
                break;
            }
            let Some(escaped) = self.peek() else {
                extracted.push('\\');
                break;
            };
            extracted.push(escaped);
            self.advance();
        }
        Quoted { raw: self.chars[start..self.position].iter().collect(), extracted }
    }
}
