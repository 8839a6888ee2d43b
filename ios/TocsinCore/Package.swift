// swift-tools-version: 6.0

// The Rust core as a Swift package: its generated Swift (module TocsinCore) over its C interface
// (module TocsinCoreFFI). Nothing below Sources is written by hand, and nothing generated is committed:
// `make ios` makes it on a Mac, scripts/ios elsewhere. docs/ios.md tells the steps.
//
// For Apple's systems the C module is an XCFramework. Without more it is the one that `make ios` has put
// beside this file. `TOCSIN_CORE="URL CHECKSUM"` in the environment takes a released one instead, and
// `make ios` then makes the generated Swift alone; without it, it prints that line for the framework that
// it made. Elsewhere it is libtocsin_ffi, which the linker is told
// where to find: `swift build -Xlinker -L../../target/debug`.

import PackageDescription

let released = Context.environment["TOCSIN_CORE"]?.split(separator: " ").map(String.init)

#if canImport(Darwin)
let core: Target =
    if let released, released.count == 2 {
        .binaryTarget(name: "TocsinCoreFFI", url: released[0], checksum: released[1])
    } else {
        .binaryTarget(name: "TocsinCoreFFI", path: "TocsinCore.xcframework")
    }
// What the core's TLS and its check of certificates call.
let linked: [LinkerSetting] = [.linkedFramework("CoreFoundation"), .linkedFramework("Security")]
#else
let core: Target = .systemLibrary(name: "TocsinCoreFFI")
let linked: [LinkerSetting] = [.linkedLibrary("tocsin_ffi")]
#endif

let package = Package(
    name: "TocsinCore",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "TocsinCore", targets: ["TocsinCore"])],
    targets: [
        core,
        .target(name: "TocsinCore", dependencies: ["TocsinCoreFFI"], linkerSettings: linked),
    ]
)
