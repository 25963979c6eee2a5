using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Gradients;

/// <summary>One op of the tape and a loss behind it.</summary>
/// <param name="Op">The method of <see cref="Tape"/>.</param>
/// <param name="Parameters">Shapes and switches, printable.</param>
/// <param name="Loss">Makes the leaves, runs the op and gives the loss.</param>
internal sealed record TapeCase(string Op, string Parameters, Func<TapeRun, double> Loss)
{
    public string Name => Parameters.Length == 0 ? Op : $"{Op} {Parameters}";

    /// <summary>The op twice on the same leaves: their gradients add up.</summary>
    public TapeCase Twice() => this with
    {
        Parameters = $"{Parameters} twice".TrimStart(),
        Loss = run =>
        {
            double first = Loss(run);
            run.Rewind();
            return first + Loss(run);
        },
    };
}

/// <summary>Every op of the tape that has a gradient rule.</summary>
internal static class TapeCases
{
    private static readonly Dropout Half = new(0.5f, Seed: 11, Step: 2, Stream: 5);

    public static IReadOnlyDictionary<string, TapeCase> ByName { get; } =
        new[] { Pointwise(), Stretches(), Linears(), LoraLinears(), Activated(), LayerNorms(), RmsNorms(), Lookups(), Attentions(), Losses() }.SelectMany(cases => cases).ToDictionary(item => item.Name);

    private static IEnumerable<TapeCase> Pointwise()
    {
        TapeCase[] cases =
        [
            new("Gelu", "", run => run.Weigh(run.Tape.Gelu(run.Input(3, 5)))),
            new("Tanh", "", run => run.Weigh(run.Tape.Tanh(run.Input(3, 5)))),
            new("ApplyDropout", "", run => run.Weigh(run.Tape.ApplyDropout(run.Input(3, 5), Half))),
            new("Add", "", run => run.Weigh(run.Tape.Add(run.Input(3, 5), run.Input(3, 5)))),
            new("SwiGlu", "", run => run.Weigh(run.Tape.SwiGlu(run.Input(3, 5), run.Input(3, 5)))),
            new("Rotary", "", run => run.Weigh(run.Tape.Rotary(run.Input(3, 12), run.Constant(4, 6), run.Ids(0, 3, 1)))),
            new("ApplyDropout", "p=0", run => run.Weigh(run.Tape.ApplyDropout(run.Input(3, 5), Dropout.None))),
        ];

        // One variable in both places.
        TapeCase[] squares =
        [
            new("Add", "to itself", run =>
            {
                Variable x = run.Input(3, 5);
                return run.Weigh(run.Tape.Add(x, x));
            }),
            new("SwiGlu", "of itself", run =>
            {
                Variable x = run.Input(3, 5);
                return run.Weigh(run.Tape.SwiGlu(x, x));
            }),
        ];

        // Without dropout the output is the input itself, which has one gradient.
        return cases.Concat(squares).Concat(cases.Where(item => item.Parameters.Length == 0).Select(item => item.Twice()));
    }

    private static IEnumerable<TapeCase> Stretches()
    {
        var stretch = new TapeCase("Stretch", "", run =>
        {
            Variable x = run.Input(4, 3);
            Parameter weight = run.Parameter(5, 3), bias = run.Parameter(1, 5), back = run.Parameter(3, 5), backBias = run.Parameter(1, 3);
            return run.Weigh(run.Tape.Stretch(x, (weight, bias, back, backBias), static (tape, own, layers) =>
            {
                Variable activated = tape.Linear(own, layers.weight, layers.bias, Activation.Gelu);
                tape.Release(own);
                Variable y = tape.Linear(activated, layers.back, layers.backBias);
                tape.Release(activated);
                return y;
            }));
        });
        yield return stretch;
        yield return stretch.Twice();
    }

    private static IEnumerable<TapeCase> Linears()
    {
        var linear = new TapeCase("Linear", "", run =>
            run.Weigh(run.Tape.Linear(run.Input(4, 3), run.Parameter(5, 3), run.Parameter(1, 5))));
        yield return linear;
        yield return linear.Twice();

        foreach (bool isRotated in new[] { true, false })
        {
            string form = isRotated ? "half-rotated" : "dense";

            // Fewer and more rows than the small side: the coefficients are multiplied in either order.
            foreach (int rows in new[] { 2, 5 })
            {
                foreach ((int outputs, int inputs) in new[] { (4, 3), (3, 4), (3, 3) })
                {
                    yield return new("SparseGradLinear", $"{form} rows={rows} outputs={outputs} inputs={inputs}", run =>
                        run.Weigh(run.Tape.SparseGradLinear(
                            run.Input(rows, inputs), run.SparseGrad(outputs, inputs, isRotated), run.Parameter(1, outputs))));
                }
            }

            foreach ((int outputs, int inputs) in new[] { (4, 3), (3, 4) })
            {
                yield return new("SparseGradLinear", $"{form} outputs={outputs} inputs={inputs} beside Linear", run =>
                {
                    Variable x = run.Input(5, inputs);
                    Parameter bias = run.Parameter(1, outputs);
                    return run.Weigh(run.Tape.SparseGradLinear(x, run.SparseGrad(outputs, inputs, isRotated), bias)) +
                        run.Weigh(run.Tape.Linear(x, run.Parameter(outputs, inputs), bias));
                });
            }
        }
    }

    private static IEnumerable<TapeCase> LoraLinears()
    {
        foreach (Dropout dropout in new[] { Dropout.None, Half })
        {
            var lora = new TapeCase("LoraLinear", $"p={dropout.Probability}", run => run.Weigh(run.Tape.LoraLinear(
                run.Input(5, 3), run.Frozen(4, 3), run.Parameter(1, 4), run.Parameter(2, 3), run.Parameter(4, 2), 0.75f, dropout)));
            yield return lora;
            yield return lora.Twice();
        }
    }

    /// <summary>Two layers with an activation between them, which the products of both take care of.</summary>
    private static IEnumerable<TapeCase> Activated()
    {
        yield return new("Linear", "GELU between two", run => run.Weigh(run.Tape.Linear(
            run.Tape.Linear(run.Input(4, 3), run.Parameter(5, 3), run.Parameter(1, 5), Activation.Gelu), run.Parameter(3, 5), null)));
        foreach (bool isRotated in new[] { true, false })
        {
            foreach ((int outer, int inner) in new[] { (3, 4), (4, 3) })
            {
                yield return new("SparseGradLinear", $"{(isRotated ? "half-rotated" : "dense")} outer={outer} inner={inner} GELU between two", run =>
                    run.Weigh(run.Tape.SparseGradLinear(
                        run.Tape.SparseGradLinear(
                            run.Input(5, outer), run.SparseGrad(inner, outer, isRotated), run.Parameter(1, inner), Activation.Gelu),
                        run.SparseGrad(outer, inner, isRotated), null)));
            }
        }

        foreach (Dropout dropout in new[] { Dropout.None, Half })
        {
            yield return new("LoraLinear", $"p={dropout.Probability} GELU between two", run => run.Weigh(run.Tape.LoraLinear(
                run.Tape.LoraLinear(
                    run.Input(5, 3), run.Frozen(4, 3), run.Parameter(1, 4), run.Parameter(2, 3), run.Parameter(4, 2), 0.75f, dropout, Activation.Gelu),
                run.Frozen(3, 4), null, run.Parameter(2, 4), run.Parameter(3, 2), 0.75f, dropout)));
        }

        // Gradients that come by way of products and others, at the activation and before it.
        yield return new("Linear", "two behind a GELU, and others", run =>
        {
            Variable x = run.Input(4, 3), activated = run.Tape.Gelu(x);
            return run.Weigh(run.Tape.Tanh(activated)) + run.Weigh(run.Tape.Linear(activated, run.Parameter(5, 3), null)) +
                run.Weigh(run.Tape.Linear(activated, run.Parameter(2, 3), null)) + run.Weigh(run.Tape.Tanh(x));
        });
    }

    private static IEnumerable<TapeCase> LayerNorms()
    {
        foreach (Dropout dropout in new[] { Dropout.None, Half })
        {
            string p = $"p={dropout.Probability}";
            yield return new("LayerNorm", p, run => run.Weigh(run.Tape.LayerNorm(
                run.Input(3, 6), null, run.Parameter(1, 6), run.Parameter(1, 6), 1e-3f, dropout)));
            yield return new("LayerNorm", $"residual {p}", run => run.Weigh(run.Tape.LayerNorm(
                run.Input(3, 6), run.Input(3, 6), run.Parameter(1, 6), run.Parameter(1, 6), 1e-3f, dropout)));
            yield return new("LayerNorm", $"residual and parameters twice {p}", run =>
            {
                Variable residual = run.Input(3, 6);
                Parameter gain = run.Parameter(1, 6), bias = run.Parameter(1, 6);
                return run.Weigh(run.Tape.LayerNorm(run.Input(3, 6), residual, gain, bias, 1e-3f, dropout)) +
                    run.Weigh(run.Tape.LayerNorm(run.Input(3, 6), residual, gain, bias, 1e-3f, dropout));
            });
        }
    }

    private static IEnumerable<TapeCase> RmsNorms()
    {
        var norm = new TapeCase("RmsNorm", "", run => run.Weigh(run.Tape.RmsNorm(run.Input(3, 6), run.Parameter(1, 6), 1e-3f)));
        yield return norm;
        yield return norm.Twice();
        yield return new("RmsNorm", "frozen gain", run => run.Weigh(run.Tape.RmsNorm(run.Input(3, 6), run.Frozen(1, 6), 1e-3f)));

        // As in a block: x goes on beside the norm, and its gradient from there is there first.
        yield return new("RmsNorm", "beside a residual", run =>
        {
            Variable x = run.Input(3, 6);
            Variable normalized = run.Tape.RmsNorm(x, run.Parameter(1, 6), 1e-3f);
            return run.Weigh(run.Tape.Add(x, normalized));
        });
    }

    private static IEnumerable<TapeCase> Lookups()
    {
        var embedding = new TapeCase("Embedding", "three tables, repeated ids", run => run.Weigh(run.Tape.Embedding(
            (run.Parameter(5, 3), run.Ids(4, 0, 4, 2, 4, 0)), (run.Parameter(6, 3), run.Ids(0, 1, 2, 0, 1, 2)),
            (run.Parameter(2, 3), run.Ids(0, 0, 0, 0, 1, 1)))));
        yield return embedding;
        yield return embedding.Twice();
        yield return new("Embedding", "one table in both places", run =>
        {
            Parameter table = run.Parameter(4, 3);
            return run.Weigh(run.Tape.Embedding((table, run.Ids(1, 1, 3)), (table, run.Ids(3, 0, 0))));
        });

        var select = new TapeCase("SelectRows", "", run => run.Weigh(run.Tape.SelectRows(run.Input(5, 3), run.Ids(4, 1))));
        yield return select;
        yield return select.Twice();
    }

    private static IEnumerable<TapeCase> Attentions()
    {
        foreach (Dropout dropout in new[] { Dropout.None, Half })
        {
            yield return new("Attention", $"p={dropout.Probability}", run => run.Weigh(run.Tape.Attention(
                run.Input(5, 6), run.Input(9, 6), run.Input(9, 6), run.Own(run.Kernels.PlanAttention([0, 1, 3, 5], [0, 4, 6, 9])),
                2, 2, dropout)));
            yield return new("Attention", $"p={dropout.Probability} causal and grouped", run => run.Weigh(run.Tape.Attention(
                run.Input(7, 12), run.Input(9, 6), run.Input(9, 6),
                run.Own(run.Kernels.PlanAttention([0, 1, 4, 7], [0, 4, 6, 9], causal: true)), 4, 2, dropout)));
        }
    }

    private static IEnumerable<TapeCase> Losses()
    {
        yield return new("CrossEntropy", "", run =>
            run.Loss(run.Tape.CrossEntropy(run.Input(4, 3), run.Ids(2, 0, 1, 2).Tensor)));
        yield return new("MeanSquaredError", "", run =>
            run.Loss(run.Tape.MeanSquaredError(run.Input(4, 1), run.Constant(4, 1))));
        yield return new("OutputCrossEntropy", "", run =>
            run.Loss(run.Tape.OutputCrossEntropy(run.Input(4, 3), run.Parameter(5, 3), [2, 0, 4, 2], 4)));
        yield return new("OutputCrossEntropy", "frozen weight", run =>
            run.Loss(run.Tape.OutputCrossEntropy(run.Input(4, 3), run.Frozen(5, 3), [2, 0, 4, 2], 4)));

        // As in a window of two batches, whose mean is over the tokens of both.
        yield return new("OutputCrossEntropy", "some rows and the others", run =>
        {
            Parameter weight = run.Parameter(5, 3);
            return run.Loss(run.Tape.OutputCrossEntropy(run.Input(4, 3), weight, [2, 0, 4, 2], 6)) +
                run.Loss(run.Tape.OutputCrossEntropy(run.Input(2, 3), weight, [1, 3], 6));
        });
        yield return new("OutputCrossEntropy", "tied to the embedding", run =>
        {
            Parameter words = run.Parameter(5, 3);
            Variable hidden = run.Tape.Embedding((words, run.Ids(1, 4, 1)));
            return run.Loss(run.Tape.OutputCrossEntropy(hidden, words, [4, 1, 0], 3));
        });
    }
}
