package dev.tocsin.pager

import android.content.Context

/** The core's one door besides the generated ones: what it must know of Java before it connects. */
object Native {
    init {
        System.loadLibrary("tocsin_ffi")
    }

    /**
     * Lets the core ask this phone which certificates it trusts. To be called with the application before
     * the pager is opened, any number of times.
     *
     * Throws a RuntimeException with the reason in a build that could reach no server.
     */
    external fun initialise(context: Context)
}
