using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <summary>What an element of AdamW costs, in floating-point operations.</summary>
    private const double AdamCost = 30;

    /// <inheritdoc/>
    public void SquaredNorm(Tensor x, Tensor partials, int slot)
    {
        if (slot < 0 || (slot + 1L) * IKernels.NormPartials > partials.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(slot), slot, "There is no such group of partial sums.");
        }

        // No more than it writes, so that the norms of many tensors need not wait for each other.
        const int bytes = IKernels.NormPartials * sizeof(float);
        var own = new Binding(Bound(partials, slot * (long)bytes, bytes), true);
        if (x.Length == 0)
        {
            Stream.Fill(own.Slice, bytes, 0);
        }

        // Few workgroups, so large ones where that lets a GPU read more at once.
        int group = IsSoftware ? 64 : device.Facts.MaxWorkgroupInvocations >= 256 ? 256 : 128;
        foreach ((long first, int count) in Windows(x.Length))
        {
            CheckTrips(DivideUp(count, 4L * group * IKernels.NormPartials), "squared_norm");
            Dispatch(
                "squared_norm", [Flag(first > 0), Aligned(count), Ahead, (uint)group], [ReadWindow(x, first, count), own], [(uint)count],
                (IKernels.NormPartials, 1, 1), 4.0 * count);
        }
    }

    /// <inheritdoc/>
    public void ClipFactor(Tensor partials, Tensor loss, float maxNorm, Tensor clip)
    {
        ShapeChecks.Expect(loss, Shape.Vector(1));
        ShapeChecks.Expect(clip, Shape.Vector(2));
        CheckTrips(DivideUp(partials.Length, 64), "clip_factor");
        Dispatch(
            "clip_factor", [], [Read(partials), Read(loss), Write(clip)], [(uint)partials.Length, Bits(maxNorm)], (1, 1, 1),
            4.0 * partials.Length);
    }

    /// <inheritdoc/>
    public void AdamW(Tensor parameter, Tensor gradient, Tensor moment1, Tensor moment2, Tensor clip, in AdamParameters adam)
    {
        ShapeChecks.Expect(gradient, parameter.Shape);
        ShapeChecks.Expect(moment1, parameter.Shape);
        ShapeChecks.Expect(moment2, parameter.Shape);
        ShapeChecks.Expect(clip, Shape.Vector(2));
        foreach ((long first, int count) in Windows(parameter.Length, AdamCost))
        {
            Elementwise(
                "adamw", count,
                [
                    ReadWindow(parameter, first, count), ReadWindow(gradient, first, count),
                    ReadWindow(moment1, first, count), ReadWindow(moment2, first, count),
                    WriteWindow(parameter, first, count), WriteWindow(moment1, first, count), WriteWindow(moment2, first, count),
                    Read(clip),
                ],
                [
                    (uint)count, Bits(adam.Beta1), Bits(adam.Beta2), Bits(1 - adam.Beta1), Bits(1 - adam.Beta2),
                    Bits(adam.Epsilon), Bits(1 - adam.LearningRate * adam.WeightDecay),
                    Bits(adam.LearningRate / adam.BiasCorrection1), Bits(1 / Math.Sqrt(adam.BiasCorrection2)),
                ],
                AdamCost);
        }
    }
}
