using System.Runtime.CompilerServices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels;

/// <summary>Argument checks both kernel implementations share.</summary>
internal static class ShapeChecks
{
    public static void Expect(
        Tensor tensor, Shape shape, DType type = DType.Float32, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.Shape != shape)
        {
            throw new ArgumentException($"{name} has shape {tensor.Shape}, expected {shape}.", name);
        }

        if (tensor.Type != type)
        {
            throw new ArgumentException($"{name} holds {tensor.Type}, expected {type}.", name);
        }
    }

    public static void Part(Tensor whole, int first, int length)
    {
        ArgumentNullException.ThrowIfNull(whole);
        if (first < 0 || length < 1 || first % IKernels.PartAlignment != 0 || first + (long)length > whole.Length)
        {
            throw new ArgumentException($"Elements {first} to {first + (long)length} are no part of a tensor of {whole.Length}.");
        }
    }

    /// <summary>The dimensions (m, n, k) of op(a) op(b), checked against each other, against c and against what lies beside c.</summary>
    public static (int M, int N, int K) Matmul(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, Epilogue epilogue)
    {
        Expect(b, b.Shape);
        Check(epilogue, a, b, c);
        return Matmul(a, transposeA, b.Shape, transposeB, bias, c);
    }

    /// <summary>The same where b is kept as words of two 16-bit floats.</summary>
    public static (int M, int N, int K) MatmulHalves(
        Tensor a, bool transposeA, Tensor words, bool transposeB, Tensor? bias, Tensor c, Epilogue epilogue)
    {
        Expect(words, words.Shape, DType.UInt32);
        Check(epilogue, a, words, c);
        return Matmul(a, transposeA, new Shape(words.Rows, 2 * words.Columns), transposeB, bias, c);
    }

    private static void Check(Epilogue epilogue, Tensor a, Tensor b, Tensor c)
    {
        if (epilogue.Operand is not Tensor beside)
        {
            return;
        }

        Expect(beside, c.Shape, name: nameof(epilogue));
        if (ReferenceEquals(beside, a) || ReferenceEquals(beside, b) || ReferenceEquals(beside, c))
        {
            throw new ArgumentException("An epilogue's tensor is none of the product's.", nameof(epilogue));
        }
    }

    private static (int M, int N, int K) Matmul(Tensor a, bool transposeA, Shape b, bool transposeB, Tensor? bias, Tensor c)
    {
        if (transposeA && transposeB)
        {
            throw new ArgumentException("Matmul has no form with both operands transposed.", nameof(transposeB));
        }

        (int m, int k) = transposeA ? (a.Columns, a.Rows) : (a.Rows, a.Columns);
        int n = transposeB ? b.Rows : b.Columns;
        Shape fitting = transposeB ? new Shape(n, k) : new Shape(k, n);
        if (b != fitting)
        {
            throw new ArgumentException($"{nameof(b)} has shape {b}, expected {fitting}.", nameof(b));
        }

        Expect(c, new Shape(m, n));
        if (bias is not null)
        {
            Expect(bias, Shape.Vector(n));
        }

        return (m, n, k);
    }

    public static void SwiGluBackward(Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp)
    {
        Expect(up, gate.Shape);
        Expect(dy, gate.Shape);
        Expect(dGate, gate.Shape);
        Expect(dUp, gate.Shape);
    }

    /// <summary>Words of two 16-bit floats each, and the tensor that has the same values in 32 bits.</summary>
    public static void Halves(Tensor words, Tensor values)
    {
        Expect(values, values.Shape);
        Expect(words, words.Shape, DType.UInt32);
        if (words.Length != (values.Length + 1) / 2)
        {
            throw new ArgumentException($"{values.Length} values of 16 bits are {(values.Length + 1) / 2} words, not {words.Length}.");
        }
    }

    public static void GatherRows(Tensor table, Tensor ids, Tensor y)
    {
        Expect(ids, Shape.Vector(y.Rows), DType.UInt32);
        Expect(table, table.Shape);
        Expect(y, new Shape(y.Rows, table.Columns));
    }

    public static void GatherHalves(Tensor words, Tensor ids, Tensor y)
    {
        Expect(ids, Shape.Vector(y.Rows), DType.UInt32);
        Expect(words, words.Shape, DType.UInt32);
        Expect(y, new Shape(y.Rows, 2 * words.Columns));
    }

    public static void RmsNormBackward(Tensor dy, Tensor x, Tensor inverseRoot, Tensor gain, Tensor dx, Tensor? normalized)
    {
        Expect(x, dy.Shape);
        Expect(inverseRoot, Shape.Vector(dy.Rows));
        Expect(gain, Shape.Vector(dy.Columns));
        Expect(dx, dy.Shape);
        if (normalized is not null)
        {
            Expect(normalized, dy.Shape);
        }
    }

    public static void Rotate(Tensor x, Tensor table, Tensor positions, Tensor y)
    {
        int width = table.Columns;
        Expect(table, table.Shape);
        if (width < 2 || width % 2 != 0 || x.Columns % width != 0)
        {
            throw new ArgumentException(
                $"A rotary table needs an even number of columns that divides the {x.Columns} it turns; it has {width}.", nameof(table));
        }

        Expect(positions, Shape.Vector(x.Rows), DType.UInt32);
        Expect(x, x.Shape);
        Expect(y, x.Shape);
    }

    public static void Attention(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, int keyValueHeads, Tensor y, Tensor logSumExp)
    {
        if (heads < 1 || q.Columns % heads != 0)
        {
            throw new ArgumentException($"{q.Columns} columns do not divide into {heads} heads.", nameof(heads));
        }

        if (keyValueHeads < 1 || heads % keyValueHeads != 0)
        {
            throw new ArgumentException(
                $"{heads} query heads do not divide among {keyValueHeads} heads of keys and values.", nameof(keyValueHeads));
        }

        Expect(q, new Shape(plan.Queries, q.Columns));
        Expect(k, new Shape(Math.Max(k.Rows, plan.Keys), q.Columns / heads * keyValueHeads));
        Expect(v, k.Shape);
        Expect(y, q.Shape);
        Expect(logSumExp, new Shape(plan.Queries, heads));
    }

    /// <summary>The number of places a row has: of its coordinates where they are named, else of all.</summary>
    /// <param name="coordinates">[1, R], integers, or null.</param>
    /// <param name="all">How many there are in all.</param>
    public static int Entries(Tensor? coordinates, int all)
    {
        if (coordinates is null)
        {
            return all;
        }

        Expect(coordinates, Shape.Vector(coordinates.Columns), DType.UInt32);
        return coordinates.Columns;
    }
}
