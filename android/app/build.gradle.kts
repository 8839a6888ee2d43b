// The application: its life cycle, its Android services, and what is built for phones.
plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.compose)
}

android {
    namespace = "dev.tocsin.pager"
    compileSdk = libs.versions.compileSdk.get().toInt()
    defaultConfig {
        applicationId = "dev.tocsin.pager"
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.targetSdk.get().toInt()
        versionCode = 1
        versionName = "0.1.0"
    }
    compileOptions {
        sourceCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
        targetCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
    }
    buildFeatures.compose = true
    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "proguard-rules.pro")
        }
    }
    // `open` needs no vendor; `fcm` adds src/fcm, for teams that build with their own Firebase project.
    flavorDimensions += "push"
    productFlavors {
        create("open") { dimension = "push" }
        create("fcm") { dimension = "push" }
    }

    // Tests run on this machine, with the real framework and the core as cargo built it for here.
    testOptions.unitTests.isIncludeAndroidResources = true
    sourceSets.named("test") {
        kotlin.directories += "../checks/support/src/main/kotlin"
        resources.directories += "../checks/support/src/main/resources"
    }
}

dependencies {
    implementation(project(":ui"))
    implementation(libs.activity.compose)
    implementation(libs.androidx.core)
    implementation(libs.compose.foundation)
    implementation(libs.compose.material3)
    implementation(libs.coroutines.android)
    implementation(libs.lifecycle.runtime.compose)
    implementation(libs.lifecycle.service)
    implementation(libs.unifiedpush.connector)
    implementation(libs.unifiedpush.fcm)
    implementation(libs.zxing.core)
    "fcmImplementation"(libs.firebase.messaging)

    debugImplementation(libs.compose.ui.test.manifest)
    testImplementation(libs.androidx.test.core)
    testImplementation(libs.androidx.test.junit)
    testImplementation(libs.compose.ui.test.junit4)
    testImplementation(libs.jna)
    testImplementation(libs.junit)
    testImplementation(libs.robolectric)
}

tasks.withType<Test>().configureEach {
    // Run by scripts/bench.
    exclude("**/bench/**")
    val repository = rootDir.parentFile
    systemProperty("jna.library.path", repository.resolve("target/debug").path)
    systemProperty("tocsin.binary", repository.resolve("target/debug/tocsin").path)
    systemProperty("tocsin.screens", repository.resolve("target/android/screens").path)
    systemProperty("tocsin.documented", repository.resolve("docs/screens").path)
}
