import SwiftUI
import TocsinCore

/// A surface's colour and the colour of text on it; at least 4.5 to 1 apart, as WCAG AA asks.
struct Tone: Equatable {
    let surface: Color
    let text: Color

    /// What answers a page: what people know from taking a call.
    static let answer = Tone(surface: Color(hex: 0x5FD98B), text: Color(hex: 0x00210C))
}

extension Color {
    /// The page screen's ground: black, so that nothing but the page is lit in a dark bedroom.
    static let night = Color.black

    /// What a banner says calmly, warns of, and what is wrong; each for bright and dark surroundings.
    static let said = Color(bright: 0xDCE4F0, dark: 0x2F3C4D)
    static let onSaid = Color(bright: 0x17202C, dark: 0xD7E3F8)
    static let warned = Color(bright: 0xFFE3B5, dark: 0x4A3610)
    static let onWarned = Color(bright: 0x2A1A00, dark: 0xFFDFAE)
    static let wrong = Color(bright: 0xFFDAD6, dark: 0x7A1512)
    static let onWrong = Color(bright: 0x410002, dark: 0xFFDAD6)

    /// A card's surface.
    static let card = Color(bright: 0xEAEEF3, dark: 0x1A2027)

    /// Text about what is wrong or late.
    static let alarm = Color(bright: 0xB3201A, dark: 0xFFB4AB)

    /// Red, green and blue in one number of six hexadecimal digits.
    init(hex: UInt32) {
        self.init(uiColor: UIColor(hex: hex))
    }

    /// One for bright surroundings and one for dark.
    init(bright: UInt32, dark: UInt32) {
        self.init(
            uiColor: UIColor { traits in
                UIColor(hex: traits.userInterfaceStyle == .dark ? dark : bright)
            }
        )
    }
}

extension UIColor {
    fileprivate convenience init(hex: UInt32) {
        func part(_ shift: UInt32) -> CGFloat {
            CGFloat((hex >> shift) & 0xFF) / 255
        }
        self.init(red: part(16), green: part(8), blue: part(0), alpha: 1)
    }
}

extension Optional where Wrapped == Severity {
    /// The colours of a severity; alike in every theme, so that they are learnt once.
    var tone: Tone {
        switch self {
        case .sev1: Tone(surface: Color(hex: 0xC8161D), text: .white)
        case .sev2: Tone(surface: Color(hex: 0xFF9A3D), text: Color(hex: 0x1F0F00))
        case .sev3: Tone(surface: Color(hex: 0xFFD95A), text: Color(hex: 0x201900))
        case .sev4: Tone(surface: Color(hex: 0x86D3C8), text: Color(hex: 0x00201C))
        case .sev5, nil: Tone(surface: Color(hex: 0xB7C0CA), text: Color(hex: 0x14191F))
        }
    }
}

extension Light {
    /// The light's colour on the ground of a screen.
    var color: Color {
        switch self {
        case .green: Color(bright: 0x0D6B38, dark: 0x5FD98B)
        case .amber: Color(bright: 0x855800, dark: 0xFFC857)
        case .red: Color(bright: 0xB3201A, dark: 0xFF7B72)
        }
    }
}
