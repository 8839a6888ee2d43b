// swift-tools-version: 6.0

// TocsinKit: what the iOS app does that needs none of Apple's user interface.
//
// It exists so that this part is tested where the core and the server are: on any machine with a Swift
// compiler, against the real core and a real `tocsin serve`. It promises to decide nothing that the core
// can decide: it brings the core's values to the main actor, words limits and times, knows when a finger
// has been held long enough, what to ask the system for next, where a tap on a notification leads, what
// the sound output is to play and which alarms the system is to keep. It may call TocsinCore, Foundation
// and Observation. Each file is one subject.
//
// TocsinGlance is what widgets and Live Activities show: values alone, without the core, for which their
// extension has no memory.

import PackageDescription

let package = Package(
    name: "TocsinKit",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [
        .library(name: "TocsinKit", targets: ["TocsinKit"]),
        .library(name: "TocsinGlance", targets: ["TocsinGlance"]),
    ],
    dependencies: [.package(path: "../TocsinCore")],
    targets: [
        .target(name: "TocsinGlance"),
        .target(
            name: "TocsinKit",
            dependencies: ["TocsinGlance", .product(name: "TocsinCore", package: "TocsinCore")]
        ),
        .testTarget(
            name: "TocsinKitTests",
            dependencies: ["TocsinGlance", "TocsinKit", .product(name: "TocsinCore", package: "TocsinCore")],
            resources: [.copy("Fixtures")]
        ),
    ]
)
