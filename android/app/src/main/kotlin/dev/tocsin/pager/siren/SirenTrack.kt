package dev.tocsin.pager.siren

import android.media.AudioAttributes
import android.media.AudioDeviceInfo
import android.media.AudioFormat
import android.media.AudioManager
import android.media.AudioTrack
import dev.tocsin.core.Pcm

/** An alarm: heard through the ringer's silence and, unless it is total, through do-not-disturb. */
val ALARM: AudioAttributes =
    AudioAttributes
        .Builder()
        .setUsage(AudioAttributes.USAGE_ALARM)
        .setContentType(AudioAttributes.CONTENT_TYPE_SONIFICATION)
        .build()

/**
 * One output's copy of the siren. The whole of it lies in the output's memory (MODE_STATIC) and the output
 * repeats it by itself, so that no thread of this process has to keep up.
 *
 * It plays from the start, [opening] once and then [round] over and over, or it throws [SoundRefused] and
 * nothing is left of it. [device] is where, or nothing for where the system thinks best.
 */
class SirenTrack(
    opening: Pcm?,
    round: Pcm,
    device: AudioDeviceInfo?,
    silently: Boolean,
) {
    private val track: AudioTrack

    init {
        val first = opening?.samples ?: byteArrayOf()
        val samples = first + round.samples
        track = refusing { build(round.rate.toInt(), samples.size) }
        try {
            refusing {
                fill(samples, first.size / FRAME_BYTES)
                device?.let(track::setPreferredDevice)
                track.setVolume(if (silently) 0f else 1f)
                track.play()
            }
        } catch (refused: SoundRefused) {
            track.release()
            throw refused
        }
    }

    /** Whether it has not ended since. */
    val plays: Boolean get() = track.playState == AudioTrack.PLAYSTATE_PLAYING

    /** How many samples the output has taken: it counts on as the track repeats. */
    val taken: Int get() = track.playbackHeadPosition

    /** Silent at once, and of no more use. */
    fun release() = track.release()

    /** All at once, because in static mode a write begins at the start of the buffer; [round] is a frame. */
    private fun fill(
        samples: ByteArray,
        round: Int,
    ) {
        check(track.write(samples, 0, samples.size) == samples.size) { "it did not take all samples" }
        val looped = track.setLoopPoints(round, samples.size / FRAME_BYTES, FOREVER)
        check(looped == AudioTrack.SUCCESS) { "it does not repeat ($looped)" }
    }

    companion object {
        /** Mono, 16 bits. */
        private const val FRAME_BYTES = 2
        private const val FOREVER = -1

        /** What the alarm stream plays without resampling, in samples per second. */
        fun nativeRate(): UInt = AudioTrack.getNativeOutputSampleRate(AudioManager.STREAM_ALARM).toUInt()

        private fun build(
            rate: Int,
            bytes: Int,
        ) = AudioTrack
            .Builder()
            .setAudioAttributes(ALARM)
            .setAudioFormat(
                AudioFormat
                    .Builder()
                    .setEncoding(AudioFormat.ENCODING_PCM_16BIT)
                    .setChannelMask(AudioFormat.CHANNEL_OUT_MONO)
                    .setSampleRate(rate)
                    .build(),
            ).setTransferMode(AudioTrack.MODE_STATIC)
            .setBufferSizeInBytes(bytes)
            .build()

        private fun <T> refusing(work: () -> T): T =
            try {
                work()
            } catch (error: IllegalStateException) {
                throw SoundRefused(text(error), error)
            } catch (error: UnsupportedOperationException) {
                throw SoundRefused(text(error), error)
            }

        private fun text(error: RuntimeException) =
            "the sound output refused the siren (${error.message}); restart the phone if this stays"
    }
}
