import SwiftUI
import TocsinCore
import TocsinKit

/// Whether this phone would wake its person, and what to do if not: a button for each thing to fix. `ladder`
/// says what the system lets the app do, plainly.
struct ReadinessView: View {
    let readiness: ReadinessScreen
    let ladder: Ladder?
    let drill: DrillState
    let perform: (Wish) -> Void

    var body: some View {
        List {
            Section {
                LightAnswer(light: readiness.light)
            }
            Section {
                ForEach(readiness.findings, id: \.code) { Finding(finding: $0, perform: perform) }
            }
            if let ladder { LadderSection(ladder: ladder, perform: perform) }
            DrillSection(last: readiness.lastDrill, drill: drill, perform: perform)
        }
    }
}

/// One thing that is wrong, and what to do.
private struct Finding: View {
    let finding: FindingCard
    let perform: (Wish) -> Void

    var body: some View {
        VStack(alignment: .leading, spacing: 8) {
            Beside {
                Dot(light: finding.light)
                Text(verbatim: finding.what).font(.headline)
            }
            .accessibilityElement(children: .combine)
            Text(verbatim: finding.next)
            if Mend(finding.code) != nil {
                WideButton(label: Text("fix")) { perform(.fix(finding.code)) }
            }
        }
        .padding(.vertical, 4)
    }
}

/// What a page can and cannot do on this phone, and the next permission to ask for.
private struct LadderSection: View {
    let ladder: Ladder
    let perform: (Wish) -> Void

    var body: some View {
        Section {
            ForEach(ladder.can, id: \.self) { word in
                Label {
                    Text(word)
                } icon: {
                    Image(systemName: "checkmark.circle.fill").foregroundStyle(Light.green.color)
                }
            }
            ForEach(ladder.cannot, id: \.self) { word in
                Label {
                    Text(word)
                } icon: {
                    Image(systemName: "xmark.circle.fill").foregroundStyle(Light.amber.color)
                }
            }
            ForEach(ladder.missing, id: \.self) { rung in
                VStack(alignment: .leading, spacing: 8) {
                    Text(rung.name).font(.headline)
                    Text(rung.loss)
                    WideButton(label: Text("fix")) { perform(.climb(rung)) }
                }
                .padding(.vertical, 4)
            }
        } header: {
            Text("reach")
        }
    }
}

/// The way of a page, tried without a page.
private struct DrillSection: View {
    let last: DrillResult?
    let drill: DrillState
    let perform: (Wish) -> Void

    @Environment(\.times) private var times

    var body: some View {
        Section {
            lastDrill
            switch drill {
            case .idle: Quiet(Text("drill_more"))
            case .ordered: Quiet(Text("drill_ordered"))
            case .failed(let trouble):
                Banner(Text(trouble.phrase), symbol: "exclamationmark.triangle", weight: .warned)
            }
            WideButton(label: Text("drill_audible"), prominent: true) { perform(.orderDrill(audible: true)) }
                .disabled(drill == .ordered)
            WideButton(label: Text("drill_silent")) { perform(.orderDrill(audible: false)) }
                .disabled(drill == .ordered)
        } header: {
            Text("drill")
        }
    }

    @ViewBuilder private var lastDrill: some View {
        if let last, let at = last.at.map({ times.at($0) }) {
            switch last.passed {
            case true?:
                Text("drill_passed \(at)")
                if let took = last.latencyMs { Text("drill_took \(seconds(took))") }
            case false?: Text("drill_failed \(at)")
            case nil: Text("drill_open \(at)")
            }
        } else {
            Text("drill_never")
        }
    }

    private func seconds(_ millis: UInt64) -> String {
        (Double(millis) / 1_000).formatted(.number.precision(.fractionLength(1)))
    }
}

#if DEBUG
#Preview("Readiness") {
    ReadinessView(readiness: Samples.english.amber, ladder: Samples.english.ladder, drill: .idle) { _ in }
}

#Preview("준비") {
    ReadinessView(readiness: Samples.korean.amber, ladder: Samples.korean.ladder, drill: .ordered) { _ in }
        .environment(\.locale, Locale(identifier: "ko"))
}
#endif
