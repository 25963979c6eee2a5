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

    /// <inheritdoc/>
    public void Add(Tensor x, Tensor y, Tensor sum)
    {
        ShapeChecks.Expect(y, x.Shape);
        ShapeChecks.Expect(sum, x.Shape);
        foreach ((long first, int count) in Windows(x.Length, ElementCost))
        {
            Elementwise(
                "add", count, [ReadWindow(x, first, count), ReadWindow(y, first, count), WriteWindow(sum, first, count)]);
        }
    }

    /// <inheritdoc/>
    public void Scale(Tensor x, float factor, Tensor y)
    {
        ShapeChecks.Expect(y, x.Shape);
        foreach ((long first, int count) in Windows(x.Length, ElementCost))
        {
            Elementwise(
                "scale", count, [ReadWindow(x, first, count), WriteWindow(y, first, count)], [(uint)count, Bits(factor)],
                ElementCost);
        }
    }

    /// <inheritdoc/>
    public void Gelu(Tensor x, Tensor y)
    {
        ShapeChecks.Expect(y, x.Shape);
        foreach ((long first, int count) in Windows(x.Length, ElementCost))
        {
            Elementwise("gelu", count, [ReadWindow(x, first, count), WriteWindow(y, first, count)]);
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
            Elementwise("tanh", count, [ReadWindow(x, first, count), WriteWindow(y, first, count)]);
        }
    }

    /// <inheritdoc/>
    public void TanhBackward(Tensor y, Tensor dy, Tensor dx) => Backward("tanh_backward", y, dy, dx);

    /// <inheritdoc/>
    public void SwiGlu(Tensor gate, Tensor up, Tensor y)
    {
        ShapeChecks.Expect(up, gate.Shape);
        ShapeChecks.Expect(y, gate.Shape);
        foreach ((long first, int count) in Windows(gate.Length, ElementCost))
        {
            Elementwise(
                "swiglu", count, [ReadWindow(gate, first, count), ReadWindow(up, first, count), WriteWindow(y, first, count)]);
        }
    }

    /// <inheritdoc/>
    public void SwiGluBackward(Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp)
    {
        ShapeChecks.SwiGluBackward(gate, up, dy, dGate, dUp);
        foreach ((long first, int count) in Windows(gate.Length, ElementCost))
        {
            Elementwise(
                "swiglu_backward", count,
                [
                    ReadWindow(gate, first, count), ReadWindow(up, first, count), ReadWindow(dy, first, count),
                    WriteWindow(dGate, first, count), WriteWindow(dUp, first, count),
                ]);
        }
    }

    /// <inheritdoc/>
    public void Widen(Tensor words, HalfFormat format, Tensor y)
    {
        ShapeChecks.Halves(words, y);
        foreach ((long first, int count) in Windows(y.Length, ElementCost))
        {
            Dispatch(
                "widen", [Flag(count % 8 == 0), Flag(format == HalfFormat.BFloat16)],
                [Quads(HalvesWindow(words, first, count, isWritten: false), DivideUp(count, 2)), WriteWindow(y, first, count)],
                [(uint)count], Fold(DivideUp(count, 8 * ElementwiseGroup)), ElementCost * count);
        }
    }

    /// <inheritdoc/>
    public void Narrow(Tensor x, Tensor words)
    {
        ShapeChecks.Halves(words, x);
        foreach ((long first, int count) in Windows(x.Length, ElementCost))
        {
            Elementwise("narrow", count, [ReadWindow(x, first, count), HalvesWindow(words, first, count, isWritten: true)]);
        }
    }

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
            Elementwise(
                "dropout", count, [ReadWindow(x, first, count), WriteWindow(y, first, count)],
                MemoryMarshal.Cast<DropoutPush, uint>(new ReadOnlySpan<DropoutPush>(in push)), 2 * ElementCost);
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

        int chunks = ColumnSumChunks(a.Rows, matmul);
        if (chunks == 1)
        {
            ColumnSumPass(a, b, total, accumulate);
            return;
        }

        using Tensor partial = this.Rent(new Shape(chunks, a.Columns), MemoryCategory.Scratch);
        ColumnSumPass(a, b, partial, accumulate: false);
        ColumnSum(partial, null, total, accumulate);
    }

    /// <summary>Partial sums of a column; one is the sum. On a GPU a workgroup shares the rows of a few columns among its invocations.</summary>
    internal static int ColumnSumChunks(int rows, MatmulKernel matmul) => DivideUp(rows, ColumnSumRows(matmul));

    /// <summary>Rows of a pass: what an invocation of a CPU adds up one after the other, or a workgroup of a GPU within the loop trips of an
    /// invocation.</summary>
    private static int ColumnSumRows(MatmulKernel matmul) => matmul == MatmulKernel.Subgroup ? 128 : 8192;

    private void ColumnSumPass(Tensor a, Tensor? b, Tensor total, bool accumulate)
    {
        long chunks = total.Length / a.Columns;

        // Where rows are few, as of a product's parts, the columns alone give a GPU enough to do.
        (uint quads, uint rows) = IsSoftware || a.Rows <= 16 || a.Columns > 8 * MaxGroups ? (64u, 1u) : (2u, 64u);
        Dispatch(
            "column_sum", [Flag(b is not null), Flag(accumulate), Aligned(a.Columns), Ahead, quads, rows],
            [Quads(Read(a), a.Columns), Quads(ReadOr(b), a.Columns), Write(total)],
            [(uint)a.Rows, (uint)a.Columns, (uint)ColumnSumRows(matmul)],
            ((uint)DivideUp(a.Columns, 4 * quads), (uint)chunks, 1), 4.0 * a.Length);
    }

    private void Backward(string shader, Tensor saved, Tensor dy, Tensor dx)
    {
        ShapeChecks.Expect(dy, saved.Shape);
        ShapeChecks.Expect(dx, saved.Shape);
        foreach ((long first, int count) in Windows(saved.Length, ElementCost))
        {
            Elementwise(
                shader, count,
                [ReadWindow(saved, first, count), ReadWindow(dy, first, count), WriteWindow(dx, first, count)]);
        }
    }

    /// <summary>The words of a window of 16-bit floats.</summary>
    private Binding HalvesWindow(Tensor words, long first, int count, bool isWritten) =>
        new(Bound(words, first / 2 * sizeof(uint), DivideUp(count, 2) * sizeof(uint)), isWritten);

    private void Elementwise(string shader, int count, ReadOnlySpan<Binding> bindings) =>
        Elementwise(shader, count, bindings, [(uint)count], ElementCost);

    /// <summary>Runs a kernel that computes four elements an invocation.</summary>
    /// <param name="shader">The kernel.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="bindings">Its buffers.</param>
    /// <param name="push">Its push constants.</param>
    /// <param name="cost">Of an element.</param>
    private void Elementwise(
        string shader, int count, ReadOnlySpan<Binding> bindings, ReadOnlySpan<uint> push, double cost) =>
        Dispatch(shader, [Aligned(count)], bindings, push, Fold(DivideUp(count, 4 * ElementwiseGroup)), cost * count);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct DropoutPush(uint Count, uint FirstQuad, DropoutConstants Dropout);
}
