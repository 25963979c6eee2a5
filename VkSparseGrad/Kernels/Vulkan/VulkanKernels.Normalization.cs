using System.Runtime.InteropServices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <inheritdoc/>
    public void LayerNorm(
        Tensor x, Tensor? residual, Tensor gain, Tensor bias, float epsilon, Dropout dropout,
        Tensor y, Tensor normalized, Tensor inverseDeviation)
    {
        ShapeChecks.Expect(y, x.Shape);
        ShapeChecks.Expect(normalized, x.Shape);
        ShapeChecks.Expect(gain, Shape.Vector(x.Columns));
        ShapeChecks.Expect(bias, Shape.Vector(x.Columns));
        ShapeChecks.Expect(inverseDeviation, Shape.Vector(x.Rows));
        if (residual is not null)
        {
            ShapeChecks.Expect(residual, x.Shape);
        }

        CheckTrips(3L * DivideUp(x.Columns, 4L * lanes), "layer_norm");
        var push = new NormPush((uint)x.Rows, (uint)x.Columns, epsilon, 0, new DropoutConstants(dropout));
        Dispatch(
            "layer_norm", [(uint)lanes, Aligned(x.Columns), Flag(residual is not null), Flag(dropout.Enabled)],
            [
                Write(normalized), Quads(Read(x), x.Columns), Quads(ReadOr(residual), x.Columns),
                Quads(Read(gain), x.Columns), Quads(Read(bias), x.Columns), Write(y), Write(inverseDeviation),
            ],
            push, Fold(x.Rows), 40.0 * x.Length);
    }

    /// <inheritdoc/>
    public void LayerNormBackward(
        Tensor dy, Tensor normalized, Tensor inverseDeviation, Tensor gain, Dropout dropout, Tensor dResidual, Tensor? dx)
    {
        ShapeChecks.Expect(normalized, dy.Shape);
        ShapeChecks.Expect(dResidual, dy.Shape);
        ShapeChecks.Expect(gain, Shape.Vector(dy.Columns));
        ShapeChecks.Expect(inverseDeviation, Shape.Vector(dy.Rows));
        if (dropout.Enabled != dx is not null)
        {
            throw new ArgumentException("The gradient to x differs from the one to the residual exactly with dropout.", nameof(dx));
        }

        CheckTrips(2L * DivideUp(dy.Columns, 4L * lanes), "layer_norm_backward");
        var push = new NormBackwardPush((uint)dy.Rows, (uint)dy.Columns, new DropoutConstants(dropout));
        // Without dropout nothing is written to dx, but the validation layer takes it for written: it gets a tensor that is.
        Dispatch(
            "layer_norm_backward", [(uint)lanes, Aligned(dy.Columns), Flag(dropout.Enabled)],
            [
                Write(dResidual), Quads(Read(dy), dy.Columns), Quads(Read(normalized), dy.Columns),
                Quads(Read(gain), dy.Columns), Write(dx ?? dResidual), Read(inverseDeviation),
            ],
            push, Fold(dy.Rows), 40.0 * dy.Length);
    }

    /// <inheritdoc/>
    public void Affine(Tensor x, Tensor gain, Tensor bias, Tensor y)
    {
        ShapeChecks.Expect(gain, Shape.Vector(x.Columns));
        ShapeChecks.Expect(bias, Shape.Vector(x.Columns));
        ShapeChecks.Expect(y, x.Shape);
        CheckTrips(DivideUp(x.Columns, 4L * lanes), "affine");
        Dispatch(
            "affine", [(uint)lanes, Aligned(x.Columns)],
            [Quads(Read(x), x.Columns), Quads(Read(gain), x.Columns), Quads(Read(bias), x.Columns), Write(y)],
            [(uint)x.Rows, (uint)x.Columns], Fold(x.Rows), ElementCost * x.Length);
    }

    /// <inheritdoc/>
    public void RmsNorm(Tensor x, Tensor gain, float epsilon, Tensor y, Tensor inverseRoot)
    {
        ShapeChecks.Expect(y, x.Shape);
        ShapeChecks.Expect(gain, Shape.Vector(x.Columns));
        ShapeChecks.Expect(inverseRoot, Shape.Vector(x.Rows));
        CheckTrips(2L * DivideUp(x.Columns, 4L * lanes), "rms_norm");
        Dispatch(
            "rms_norm", [(uint)lanes, Aligned(x.Columns)],
            [Quads(Read(x), x.Columns), Quads(Read(gain), x.Columns), Write(y), Write(inverseRoot)],
            [(uint)x.Rows, (uint)x.Columns, Bits(epsilon)], Fold(x.Rows), 20.0 * x.Length);
    }

    /// <inheritdoc/>
    public void RmsNormBackward(
        Tensor dy, Tensor x, Tensor inverseRoot, Tensor gain, Tensor dx, bool accumulate = false, Tensor? normalized = null)
    {
        ShapeChecks.RmsNormBackward(dy, x, inverseRoot, gain, dx, normalized);
        CheckTrips(2L * DivideUp(dy.Columns, 4L * lanes), "rms_norm_backward");

        // As in layer_norm_backward: what is not written is taken for written, and gets a tensor that is.
        Dispatch(
            "rms_norm_backward", [(uint)lanes, Aligned(dy.Columns), Flag(accumulate), Flag(normalized is not null)],
            [
                Quads(Read(dy), dy.Columns), Quads(Read(x), dy.Columns), Quads(Read(gain), dy.Columns),
                Quads(ReadOr(accumulate ? dx : null), dy.Columns), Read(inverseRoot), Write(dx), Write(normalized ?? dx),
            ],
            [(uint)dy.Rows, (uint)dy.Columns], Fold(dy.Rows), 40.0 * dy.Length);
    }

    // A struct whose first member is a uvec2 starts at a multiple of 8 bytes.
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct NormPush(uint Rows, uint Columns, float Epsilon, uint Padding, DropoutConstants Dropout);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct NormBackwardPush(uint Rows, uint Columns, DropoutConstants Dropout);
}
