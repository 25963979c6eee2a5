// What ONNX Runtime makes of the same matrix products on the CPU: a model of one Gemm a product, whose operands are both given anew each
// time, as a trained weight is. Writes a JSON list of name, value and unit, as 'vksparsegrad bench --format json' does.
//
//   dotnet run Benchmarks/peers/OnnxRuntimeProducts.cs [-- --threads N]
//
// A product is first compared with one in double; a library whose result is wrong is not timed.
#:package Microsoft.ML.OnnxRuntime@1.31.1
#:property ManagePackageVersionsCentrally=false
#:property PublishAot=false
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.ML.OnnxRuntime;

int threads = args is ["--threads", string count] ? int.Parse(count, CultureInfo.InvariantCulture) : 2;
(int Outputs, int Inputs)[] layers = [(768, 768), (3072, 768), (768, 3072), (1536, 384)];
var lines = new List<string>();
foreach (int tokens in (int[])[2048, 512])
{
    foreach ((int outputs, int inputs) in layers)
    {
        // Forward, gradient to the input, gradient to the weight.
        foreach (Product product in (Product[])
            [new("nt", tokens, outputs, inputs), new("nn", tokens, inputs, outputs), new("tn", outputs, inputs, tokens)])
        {
            double speed = 2.0 * product.M * product.N * product.K / product.Seconds(threads) / 1e9;
            lines.Add(FormattableString.Invariant(
                $$"""{"name": "onnxruntime_matmul_{{product.Form}}_{{tokens}}_{{outputs}}_{{inputs}}_gflops", "value": {{speed:G6}}, "unit": "GFLOP/s"}"""));
        }
    }
}

Console.WriteLine($"[\n  {string.Join(",\n  ", lines)}\n]");

/// <summary>c [M, N] = a b, of which a form's t is stored transposed.</summary>
internal sealed record Product(string Form, int M, int N, int K)
{
    private const int Rounds = 9;

    private bool TransposeA => Form[0] == 't';

    private bool TransposeB => Form[1] == 't';

    /// <summary>The median time.</summary>
    public double Seconds(int threads)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads };
        using var session = new InferenceSession(Onnx.Gemm(TransposeA, TransposeB), options);
        var random = new Random(1);
        float[] a = Values(M * K), b = Values(K * N), c = new float[M * N];
        using OrtValue left = Value(a, TransposeA ? [K, M] : [M, K]), right = Value(b, TransposeB ? [N, K] : [K, N]), result = Value(c, [M, N]);
        using var run = new RunOptions();
        void Multiply() => session.Run(run, ["a", "b"], [left, right], ["c"], [result]);

        Multiply();
        Check(a, b, c);
        double[] seconds = [.. Enumerable.Range(0, Rounds).Select(_ =>
        {
            long start = Stopwatch.GetTimestamp();
            Multiply();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }).Order()];
        return seconds[Rounds / 2];

        float[] Values(int length) => [.. Enumerable.Range(0, length).Select(_ => (float)(2 * random.NextDouble() - 1))];
        static OrtValue Value(float[] values, long[] shape) => OrtValue.CreateTensorValueFromMemory(values, shape);
    }

    private void Check(float[] a, float[] b, float[] c)
    {
        foreach (int row in (int[])[0, M / 2, M - 1])
        {
            for (int column = 0; column < N; column++)
            {
                double exact = 0;
                for (int k = 0; k < K; k++)
                {
                    exact += (double)a[TransposeA ? k * M + row : row * K + k] * b[TransposeB ? column * K + k : k * N + column];
                }

                double error = Math.Abs(c[row * N + column] - exact) / Math.Sqrt(K);
                if (!(error <= 1e-5))
                {
                    throw new InvalidOperationException($"{this} is wrong by {error} in row {row}, column {column}.");
                }
            }
        }
    }
}

/// <summary>The bytes of ONNX models; field numbers as in onnx.proto.</summary>
internal static class Onnx
{
    /// <summary>c = a b, one or both transposed.</summary>
    public static byte[] Gemm(bool transposeA, bool transposeB)
    {
        byte[] node = [.. Text(1, "a"), .. Text(1, "b"), .. Text(2, "c"), .. Text(4, "Gemm"), .. Attribute("transA", transposeA), .. Attribute("transB", transposeB)];
        byte[] graph = [.. Message(1, node), .. Text(2, "gemm"), .. Matrix(11, "a"), .. Matrix(11, "b"), .. Matrix(12, "c")];
        byte[] opset = [.. Text(1, ""), .. Number(2, 13)];
        return [.. Number(1, 8), .. Message(7, graph), .. Message(8, opset)];
    }

    private static byte[] Attribute(string name, bool value) =>
        Message(5, [.. Text(1, name), .. Number(3, value ? 1u : 0), .. Number(20, 2)]);

    /// <summary>A matrix of floats of any size.</summary>
    private static byte[] Matrix(int field, string name)
    {
        byte[] shape = [.. Message(1, []), .. Message(1, [])];
        byte[] tensor = [.. Number(1, 1), .. Message(2, shape)];
        return Message(field, [.. Text(1, name), .. Message(2, Message(1, tensor))]);
    }

    private static byte[] Text(int field, string text) => Message(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Message(int field, byte[] content) => [.. Varint((uint)(field << 3 | 2)), .. Varint((uint)content.Length), .. content];

    private static byte[] Number(int field, uint value) => [.. Varint((uint)(field << 3)), .. Varint(value)];

    private static IEnumerable<byte> Varint(uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
