using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Cases;

internal static partial class KernelCases
{
    /// <summary>erf, exp and tanh are approximated to a few units of a float's last place, and multiplied twice.</summary>
    private const double FunctionLimit = 2e-6;

    private static readonly Dropout[] Probabilities =
        [Dropout.None, new(0.1f, 0x0123456789abcdef, 7, 3), new(0.5f, 42, 0, 0xfffffff0)];

    private static IEnumerable<KernelCase> Transfers()
    {
        foreach ((int rows, int columns) in Shapes.Concat(Empty))
        {
            yield return new("Copy", $"rows={rows} columns={columns}", run =>
            {
                Tensor y = run.Blank(rows, columns);
                run.Kernels.Copy(run.Normal(rows, columns), y);
                run.Compare("destination", y, Exact);
            });
            yield return new("Fill", $"rows={rows} columns={columns}", run =>
            {
                Tensor y = run.Blank(rows, columns);
                run.Kernels.Fill(y, -1.25f);
                run.Compare("destination", y, Exact);
            });
        }

        foreach ((int first, int length) in ((int, int)[])[(0, 1), (0, 300), (64, 64), (128, 172), (256, 7)])
        {
            yield return new("Part", $"first={first} length={length}", run =>
            {
                Tensor whole = run.Normal(3, 100), other = run.Normal(1, length);
                Tensor part = run.Kernels.Part(whole, first, length);
                run.Kernels.Add(part, other, part);
                run.Kernels.Copy(part, other);
                run.Compare("whole", whole, AffineLimit);
                run.Compare("part", part, AffineLimit);
                run.Compare("copy", other, AffineLimit);

                // As the gradient of a bias: what lies beside the part stays as it was.
                foreach (bool accumulate in Either)
                {
                    run.Kernels.ColumnSum(run.Normal(5, length), null, part, accumulate);
                    run.Compare($"sum {accumulate}", whole, SumLimit);
                }
            });
        }

        yield return new("Upload", "integers", run => run.Compare("ids", run.Ids(0, 1, 0x80000000, uint.MaxValue, 7), Exact));
        yield return new("Upload", "special floats", run => run.Compare(
            "floats",
            run.Matrix(1, 5, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -0f),
            Exact));
    }

    private static IEnumerable<KernelCase> Elementwise()
    {
        foreach ((int rows, int columns) in Shapes.Concat(Empty).Concat(ModelRows))
        {
            yield return new("Add", $"rows={rows} columns={columns}", run =>
            {
                Tensor sum = run.Normal(rows, columns);
                run.Kernels.Add(run.Normal(rows, columns), sum);
                run.Compare("destination", sum, Exact);
            });
            yield return new("Add", $"rows={rows} columns={columns} into a third", run =>
            {
                Tensor sum = run.Blank(rows, columns);
                run.Kernels.Add(run.Normal(rows, columns), run.Normal(rows, columns), sum);
                run.Compare("sum", sum, Exact);
            });
            foreach (bool inPlace in Either)
            {
                yield return new("Scale", $"rows={rows} columns={columns} in place={inPlace}", run =>
                {
                    Tensor x = run.Normal(rows, columns), y = inPlace ? x : run.Blank(rows, columns);
                    run.Kernels.Scale(x, -1.75f, y);
                    run.Compare("y", y, FunctionLimit);
                });
            }
        }
    }

    private static IEnumerable<KernelCase> Activations()
    {
        foreach ((int rows, int columns) in Shapes.Concat(Empty).Concat(ModelRows))
        {
            string shape = $"rows={rows} columns={columns}";
            yield return new("Gelu", shape, run => Apply(run, run.Kernels.Gelu, run.Normal(rows, columns, 2)));
            yield return new("Tanh", shape, run => Apply(run, run.Kernels.Tanh, run.Normal(rows, columns, 2)));
            foreach (bool inPlace in Either)
            {
                string parameters = $"{shape} inPlace={inPlace}";
                yield return new("GeluBackward", parameters, run =>
                    ApplyBackward(run, run.Kernels.GeluBackward, run.Normal(rows, columns, 2), inPlace));
                yield return new("TanhBackward", parameters, run =>
                {
                    float[] y = Array.ConvertAll(run.Generator.Normal((long)rows * columns), MathF.Tanh);
                    ApplyBackward(run, run.Kernels.TanhBackward, run.Matrix(rows, columns, y), inPlace);
                });
                yield return new("SwiGluBackward", parameters, run => SwiGluBackward(run, run.Normal(rows, columns, 2), inPlace));
            }

            yield return new("SwiGlu", shape, run => SwiGlu(run, run.Normal(rows, columns, 2)));
        }

        // Where exp overflows or underflows a float. In the tail 1 + erf cancels: 13.24 · 2⁻²⁴ is as near as a float comes to 0.
        float[] extremes = [-1e4f, -100, -88.8f, -13.24f, -5, -2.7f, 0, 1e-3f, 2.7f, 20.625f, 100, 1e4f];
        foreach (float x in extremes)
        {
            yield return new("Gelu", $"x={x}", run => Apply(run, run.Kernels.Gelu, run.Matrix(1, 2, x, 1)));
            yield return new("Tanh", $"x={x}", run => Apply(run, run.Kernels.Tanh, run.Matrix(1, 2, x, 1)));
            yield return new("GeluBackward", $"x={x}", run =>
                ApplyBackward(run, run.Kernels.GeluBackward, run.Matrix(1, 2, x, 1), inPlace: false));
            yield return new("SwiGlu", $"gate={x}", run => SwiGlu(run, run.Matrix(1, 2, x, 1)));
            yield return new("SwiGluBackward", $"gate={x}", run => SwiGluBackward(run, run.Matrix(1, 2, x, 1), inPlace: false));
        }
    }

    private static IEnumerable<KernelCase> Dropouts()
    {
        foreach ((int rows, int columns) in Shapes.Concat(Empty))
        {
            foreach (Dropout dropout in Probabilities)
            {
                foreach (bool inPlace in Either)
                {
                    yield return new("ApplyDropout", $"rows={rows} columns={columns} {Text(dropout)} inPlace={inPlace}", run =>
                    {
                        Tensor x = run.Normal(rows, columns), y = inPlace ? x : run.Blank(rows, columns);
                        run.Kernels.ApplyDropout(x, dropout, y);
                        run.Compare("y", y, Exact);
                    });
                }
            }
        }
    }

    private static IEnumerable<KernelCase> Widenings()
    {
        foreach (HalfFormat format in Enum.GetValues<HalfFormat>())
        {
            foreach ((int rows, int columns) in Shapes.Concat(Empty))
            {
                yield return new("Widen", $"rows={rows} columns={columns} {format}", run =>
                {
                    uint[] words = [.. Enumerable.Range(0, (rows * columns + 1) / 2).Select(_ => (uint)run.Generator.NextBits())];
                    Widen(run, format, run.Blank(rows, columns), words);
                });
            }

            yield return new("Widen", $"{format} all", run => Widen(
                run, format, run.Blank(256, 256), [.. Enumerable.Range(0, 1 << 15).Select(i => (uint)(2 * i) | (uint)(2 * i + 1) << 16)]));
        }
    }

    private static IEnumerable<KernelCase> Narrowings()
    {
        foreach ((int rows, int columns) in Shapes.Concat(Empty))
        {
            yield return new("Narrow", $"rows={rows} columns={columns}", run => Narrow(run, run.Normal(rows, columns)));
        }

        yield return new("Narrow", "all", run =>
        {
            float[] values = HalvesAndMiddles();
            Narrow(run, run.Matrix(1, values.Length, values));
        });
    }

    /// <summary>Every 16-bit float, and between each two their middle and what lies nearest to it on either side.</summary>
    private static float[] HalvesAndMiddles()
    {
        var values = new List<float> { float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 1e5f, float.Epsilon };
        for (ushort bits = 0; bits < 0x7C00; bits++)
        {
            float value = (float)BitConverter.UInt16BitsToHalf(bits);

            // Behind the last one infinity stands for 65,536.
            float next = bits == 0x7BFF ? 65536 : (float)BitConverter.UInt16BitsToHalf((ushort)(bits + 1)), middle = (value + next) / 2;
            foreach (float x in (ReadOnlySpan<float>)[value, middle, float.BitDecrement(middle), float.BitIncrement(middle)])
            {
                values.AddRange([x, -x]);
            }
        }

        return [.. values];
    }

    private static void Narrow(CaseRun run, Tensor x)
    {
        Tensor words = run.BlankIds((int)((x.Length + 1) / 2));
        run.Kernels.Narrow(x, words);
        run.Compare("words", words, Exact);
    }

    private static void Widen(CaseRun run, HalfFormat format, Tensor y, uint[] words)
    {
        run.Kernels.Widen(run.Ids(words), format, y);
        run.Compare("y", y, Exact);
    }

    private static void SwiGlu(CaseRun run, Tensor gate)
    {
        Tensor y = run.Blank(gate.Rows, gate.Columns);
        run.Kernels.SwiGlu(gate, run.Normal(gate.Rows, gate.Columns), y);
        run.Compare("y", y, FunctionLimit);
    }

    private static void SwiGluBackward(CaseRun run, Tensor gate, bool inPlace)
    {
        Tensor up = run.Normal(gate.Rows, gate.Columns), dy = run.Normal(gate.Rows, gate.Columns);
        Tensor dGate = inPlace ? gate : run.Blank(gate.Rows, gate.Columns), dUp = inPlace ? dy : run.Blank(gate.Rows, gate.Columns);
        run.Kernels.SwiGluBackward(gate, up, dy, dGate, dUp);
        run.Compare("dGate", dGate, FunctionLimit);
        run.Compare("dUp", dUp, FunctionLimit);
    }

    private static void Apply(CaseRun run, Action<Tensor, Tensor> op, Tensor x)
    {
        Tensor y = run.Blank(x.Rows, x.Columns);
        op(x, y);
        run.Compare("y", y, FunctionLimit);
    }

    private static void ApplyBackward(CaseRun run, Action<Tensor, Tensor, Tensor> op, Tensor kept, bool inPlace)
    {
        Tensor dy = run.Normal(kept.Rows, kept.Columns), dx = inPlace ? dy : run.Blank(kept.Rows, kept.Columns);
        op(kept, dy, dx);
        run.Compare("dx", dx, FunctionLimit);
    }
}
