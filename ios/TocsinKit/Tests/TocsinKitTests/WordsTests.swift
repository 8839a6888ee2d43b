import Foundation
import Testing
import TocsinCore
import TocsinKit

struct WordsTests {
    @Test("every text has a key of its own that the catalog can have")
    func everyTextHasAKey() {
        let keys = Word.allCases.map(\.rawValue)
        #expect(Set(keys).count == keys.count)
        #expect(keys.allSatisfy { $0.wholeMatch(of: /[a-z_]+( %(@|lld))*/) != nil })
    }

    @Test("what went wrong is said by what the person can do about it")
    func whatWentWrongIsSaidByWhatToDo() {
        let advice: [(PagerError, Word)] = [
            (.NotEnrolled(text: "x"), .notEnrolled), (.Unreachable(text: "x"), .notAnswered),
            (.Refused(text: "x"), .notTaken), (.Device(text: "x"), .deviceFailed),
            (.NotAnEnrolment(text: "x"), .enrolNotRead), (.PlainHttp(text: "x"), .enrolNotRead),
        ]
        for (error, word) in advice {
            #expect(Trouble(error).phrase == Phrase(word))
            #expect(Trouble(error).detail == "x")
        }
    }

    @Test("a Korean phone has the core speak Korean, and every other one English")
    func theCoreSpeaksThePhonesLanguage() {
        #expect(Language(locale: Locale(identifier: "ko")) == .korean)
        #expect(Language(locale: Locale(identifier: "ko-KP")) == .korean)
        #expect(Language(locale: Locale(identifier: "de_AT")) == .english)
    }

    @Test("an instant survives the way to the screen and back")
    func anInstantSurvives() {
        #expect(Date(millis: Samples.now).millis == Samples.now)
    }
}
