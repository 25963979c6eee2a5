using System.Runtime.InteropServices;
using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <summary>Invocations in an elementwise workgroup; each computes four elements.</summary>
    private const int ElementwiseGroup = 64;

    /// <summary>What an element costs, in floating-point operations: mostly reading and writing it.</summary>
    private const double ElementCost = 20;

    /// <summary>Rows one invocation of column_sum adds up.</summary>
    private const int ColumnSumRows = 128;

    /// <inheritdoc/>
    public void Add(Tensor source, Tensor destination)
    {
        ShapeChecks.Expect(destination, source.Shape);
        foreach ((long first, int count) in Windows(source.Length, ElementCost))
        {
            Elementwise("add", count, [Window(source, first, count, false), Window(destination, first, count, true)]);
        }
    }

    /// <inheritdoc/>
    public void Scale(Tensor x, float factor, Tensor y)
    {
        ShapeChecks.Expect(y, x.Shape);
        foreach ((long first, int count) in Windows(x.Length, ElementCost))
        {
            Dispatch(
                "scale", [], [Window(x, first, count, false), Window(y, first, count, true)], [(uint)count, Bits(factor)],
                Fold(DivideUp(count, 4 * ElementwiseGroup)), ElementCost * count);
        }
    }

    /// <inheritdoc/>
    public void Gelu(Tensor x, Tensor y)
    {
        ShapeChecks.Expect(y, x.Shape);
        foreach ((long first, int count) in Windows(x.Length, ElementCost))
        {
            Elementwise("gelu", count, [Window(x, first, count, false), Window(y, first, count, true)]);
        }
    }

    /// <inheritdoc/>
    public void GeluBackward(Tensor x, Tensor dy, Tensor dx) => Backward("gelu_backward", x, dy, dx);

    /// <inheritdoc/>
    public void Tanh(Tensor x, Tensor y)
    {
        ShapeChecks.Expect(y, x.Shape);
        foreach ((long first, int count) in Windows(x.Length, ElementCost))
        {
            Elementwise("tanh", count, [Window(x, first, count, false), Window(y, first, count, true)]);
        }
    }

    /// <inheritdoc/>
    public void TanhBackward(Tensor y, Tensor dy, Tensor dx) => Backward("tanh_backward", y, dy, dx);

    /// <inheritdoc/>
    public void ApplyDropout(Tensor x, Dropout dropout, Tensor y)
    {
        ShapeChecks.Expect(y, x.Shape);
        if (!dropout.Enabled)
        {
            if (!ReferenceEquals(x, y))
            {
                Copy(x, y);
            }

            return;
        }

        foreach ((long first, int count) in Windows(x.Length, ElementCost))
        {
            var push = new DropoutPush((uint)count, checked((uint)(first / 4)), new DropoutConstants(dropout));
            Dispatch(
                "dropout", [], [Window(x, first, count, false), Window(y, first, count, true)], push,
                Fold(DivideUp(count, 4 * ElementwiseGroup)), 2 * ElementCost * count);
        }
    }

    /// <inheritdoc/>
    public void ColumnSum(Tensor a, Tensor? b, Tensor total, bool accumulate = false)
    {
        ShapeChecks.Expect(total, Shape.Vector(a.Columns));
        if (b is not null)
        {
            ShapeChecks.Expect(b, a.Shape);
        }

        if (a.Rows == 0)
        {
            if (!accumulate)
            {
                Fill(total, 0);
            }

            return;
        }

        int chunks = DivideUp(a.Rows, ColumnSumRows);
        if (chunks == 1)
        {
            ColumnSumPass(a, b, total, accumulate);
            return;
        }

        using Tensor partial = this.Allocate(new Shape(chunks, a.Columns), MemoryCategory.Scratch);
        ColumnSumPass(a, b, partial, accumulate: false);
        ColumnSum(partial, null, total, accumulate);
    }

    private void ColumnSumPass(Tensor a, Tensor? b, Tensor total, bool accumulate)
    {
        Dispatch(
            "column_sum", [Flag(b is not null), Flag(accumulate), Aligned(a.Columns)],
            [Read(a), ReadOr(b), Write(total)],
            [(uint)a.Rows, (uint)a.Columns, ColumnSumRows],
            ((uint)DivideUp(a.Columns, 4 * ElementwiseGroup), (uint)total.Rows, 1), 4.0 * a.Length);
    }

    private void Backward(string shader, Tensor saved, Tensor dy, Tensor dx)
    {
        ShapeChecks.Expect(dy, saved.Shape);
        ShapeChecks.Expect(dx, saved.Shape);
        foreach ((long first, int count) in Windows(saved.Length, ElementCost))
        {
            Elementwise(
                shader, count,
                [Window(saved, first, count, false), Window(dy, first, count, false), Window(dx, first, count, true)]);
        }
    }

    private void Elementwise(string shader, int count, ReadOnlySpan<Binding> bindings) =>
        Dispatch(shader, [], bindings, [(uint)count], Fold(DivideUp(count, 4 * ElementwiseGroup)), ElementCost * count);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct DropoutPush(uint Count, uint FirstQuad, DropoutConstants Dropout);
}
