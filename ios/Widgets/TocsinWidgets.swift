import SwiftUI
import WidgetKit

/// Widgets and the Live Activity. They draw what the app wrote (``Glance``, ``PageActivityAttributes``) and
/// hold no rule; the core is not in this extension, whose memory is small.
@main
struct TocsinWidgets: WidgetBundle {
    var body: some Widget {
        PageableWidget()
        OnCallWidget()
        PageActivity()
    }
}
