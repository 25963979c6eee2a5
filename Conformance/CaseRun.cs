using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance;

/// <summary>One run of a case on one implementation. Gives back every tensor at its end.</summary>
internal sealed class CaseRun(IKernels kernels, RandomValues random) : IDisposable
{
    private readonly List<IDisposable> owned = [];
    private readonly List<CaseOutput> outputs = [];

    public IKernels Kernels => kernels;

    public RandomValues Generator => random;

    public IReadOnlyList<CaseOutput> Outputs => outputs;

    /// <summary>A tensor of normal values.</summary>
    public Tensor Normal(int rows, int columns, double scale = 1) =>
        Matrix(rows, columns, random.Normal((long)rows * columns, scale));

    public Tensor Matrix(int rows, int columns, params float[] values) =>
        Own(kernels.FromArray(new Shape(rows, columns), values));

    public Tensor Zeros(int rows, int columns) => Own(kernels.Zeros(new Shape(rows, columns), MemoryCategory.Scratch));

    public Tensor Ids(params uint[] values) => Own(kernels.FromArray(values));

    /// <summary>The words of a matrix of normal values in 16 bits; the columns are an even number.</summary>
    public Tensor Halves(HalfFormat format, int rows, int columns)
    {
        float[] values = random.Normal((long)rows * columns);
        var words = new uint[values.Length / 2];
        for (int i = 0; i < values.Length; i++)
        {
            words[i / 2] |= Bits(values[i]) << (16 * (i % 2));
        }

        Tensor tensor = Own(kernels.Allocate(new Shape(rows, columns / 2), DType.UInt32, MemoryCategory.Scratch));
        kernels.Upload(words, tensor);
        return tensor;

        uint Bits(float value) => format == HalfFormat.BFloat16
            ? BitConverter.SingleToUInt32Bits(value) >> 16
            : BitConverter.HalfToUInt16Bits((Half)value);
    }

    /// <summary>A tensor of NaN, so that an element the op leaves out shows.</summary>
    public Tensor Blank(int rows, int columns)
    {
        Tensor tensor = Own(kernels.Allocate(new Shape(rows, columns), MemoryCategory.Scratch));
        kernels.Fill(tensor, float.NaN);
        return tensor;
    }

    public Tensor BlankIds(int count) => Ids(Enumerable.Repeat(uint.MaxValue, count).ToArray());

    public T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Add(resource);
        return resource;
    }

    /// <summary>Reads a tensor back as an output to compare.</summary>
    public void Compare(string name, Tensor tensor, double limit) => Compare(name, Read(tensor), limit);

    public void Compare(string name, double[] values, double limit) => outputs.Add(new CaseOutput(name, values, limit));

    /// <summary>An output whose right values are known from elsewhere, on the reference too.</summary>
    public void Expect(string name, double[] values, double[] expected, double limit) =>
        outputs.Add(new CaseOutput(name, values, limit, expected));

    public double[] Read(Tensor tensor) => tensor.Type == DType.Float32
        ? Array.ConvertAll(kernels.ToArray(tensor), value => (double)value)
        : Array.ConvertAll(kernels.ToIndexArray(tensor), value => (double)value);

    public void Dispose() => owned.ForEach(resource => resource.Dispose());
}
