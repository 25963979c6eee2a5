using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Autograd;

/// <content>The differentiable ops but for the linear ones, each with its gradient rule beside it. T rows of a packed batch;
/// [rows, columns].</content>
public sealed partial class Tape
{
    /// <summary>y = x Φ(x).</summary>
    public Variable Gelu(Variable x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Variable y = Make(x.Value.Rows, x.Value.Columns, x.NeedsGradient);
        kernels.Gelu(x.Value, y.Value);
        if (Records(y))
        {
            Save(x);
            y.Recompute = again => kernels.Gelu(Reread(x), again);
            Record(y, dy =>
            {
                kernels.GeluBackward(Reread(x), dy, dy);
                HandOn(y, x);
            });
        }

        return y;
    }

    /// <summary>y = tanh(x).</summary>
    public Variable Tanh(Variable x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Variable y = Make(x.Value.Rows, x.Value.Columns, x.NeedsGradient);
        kernels.Tanh(x.Value, y.Value);
        if (Records(y))
        {
            Save(y);
            Record(y, dy =>
            {
                kernels.TanhBackward(Reread(y), dy, dy);
                HandOn(y, x);
            });
        }

        return y;
    }

    /// <summary>x, masked and scaled; x itself without dropout. The value of x is released.</summary>
    public Variable ApplyDropout(Variable x, Dropout dropout)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (!dropout.Enabled)
        {
            return x;
        }

        Variable y = Make(x.Value.Rows, x.Value.Columns, x.NeedsGradient);
        kernels.ApplyDropout(x.Value, dropout, y.Value);
        if (Records(y))
        {
            Record(y, dy =>
            {
                kernels.ApplyDropout(dy, dropout, dy);
                HandOn(y, x);
            });
        }

        Release(x);
        return y;
    }

    /// <summary>x + y, both of one shape.</summary>
    public Variable Add(Variable x, Variable y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        Variable sum = Make(x.Value.Rows, x.Value.Columns, x.NeedsGradient || y.NeedsGradient);
        kernels.Add(x.Value, y.Value, sum.Value);
        if (Records(sum))
        {
            Record(sum, dSum =>
            {
                if (x.NeedsGradient && y.NeedsGradient)
                {
                    // Both get the same values, but each will go its own way.
                    Contribute(y, (dy, accumulate) =>
                    {
                        if (accumulate)
                        {
                            kernels.Add(dSum, dy);
                        }
                        else
                        {
                            kernels.Copy(dSum, dy);
                        }
                    });
                }

                HandOn(sum, x.NeedsGradient ? x : y);
            });
        }

        return sum;
    }

    /// <summary>y = silu(gate) up, all of one shape.</summary>
    public Variable SwiGlu(Variable gate, Variable up)
    {
        ArgumentNullException.ThrowIfNull(gate);
        ArgumentNullException.ThrowIfNull(up);
        Variable y = Make(gate.Value.Rows, gate.Value.Columns, gate.NeedsGradient || up.NeedsGradient);
        kernels.SwiGlu(gate.Value, up.Value, y.Value);
        if (!Records(y))
        {
            return y;
        }

        Save(gate);
        Save(up);
        y.Recompute = again => kernels.SwiGlu(Reread(gate), Reread(up), again);
        Record(y, dy =>
        {
            // One kernel gives both gradients, whether or not both are wanted.
            Tensor dGate = Allocate(gate.Value.Shape);
            kernels.SwiGluBackward(Reread(gate), Reread(up), dy, dGate, dy);
            if (gate.NeedsGradient && gate.Gradient is null)
            {
                gate.Gradient = dGate;
            }
            else
            {
                if (gate.NeedsGradient)
                {
                    kernels.Add(dGate, gate.Gradient!);
                }

                Free(dGate);
            }

            if (up.NeedsGradient)
            {
                HandOn(y, up);
            }
        });
        return y;
    }

    /// <summary>Rotary position embedding: in each head the columns are turned in pairs by angles of the row's position.</summary>
    /// <param name="x">[T, D], heads side by side.</param>
    /// <param name="table">[P, w] of the heads' width w: cosines, then sines, of each position.</param>
    /// <param name="positions">[1, T], each below P.</param>
    /// <returns>[T, D].</returns>
    public Variable Rotary(Variable x, Tensor table, TokenIds positions)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(positions);
        Variable y = Make(x.Value.Rows, x.Value.Columns, x.NeedsGradient);
        kernels.Rotate(x.Value, table, positions.Tensor, inverse: false, y.Value);
        if (Records(y))
        {
            Record(y, dy =>
            {
                kernels.Rotate(dy, table, positions.Tensor, inverse: true, dy);
                HandOn(y, x);
            });
        }

        return y;
    }

    /// <summary>x / sqrt(mean(x²) + epsilon) * gain, row by row.</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="gain">[1, D].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <returns>[T, D].</returns>
    public Variable RmsNorm(Variable x, Parameter gain, float epsilon)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(gain);
        Variable y = Make(x.Value.Rows, x.Value.Columns, x.NeedsGradient || gain.IsTrainable);
        Tensor inverseRoot = Allocate(Shape.Vector(x.Value.Rows));
        kernels.RmsNorm(x.Value, gain.Value, epsilon, y.Value, inverseRoot);
        if (!Records(y))
        {
            Free(inverseRoot);
            return y;
        }

        Save(x);
        y.Recompute = again =>
        {
            using Tensor unused = kernels.Allocate(inverseRoot.Shape, MemoryCategory.Scratch);
            kernels.RmsNorm(Reread(x), gain.Value, epsilon, again, unused);
        };
        Record(y, dy =>
        {
            Tensor? normalized = gain.IsTrainable ? Allocate(x.Value.Shape) : null;
            if (x.NeedsGradient)
            {
                Contribute(x, Backward);
            }
            else
            {
                // Nothing behind x is trained: what its gradient would be is not kept.
                Tensor unused = Allocate(x.Value.Shape);
                Backward(unused, accumulate: false);
                Free(unused);
            }

            if (normalized is not null)
            {
                gain.AccumulateGradient(
                    kernels, (dGain, accumulate) => kernels.ColumnSum(dy, normalized, dGain, accumulate));
                Free(normalized);
            }

            Free(inverseRoot);

            void Backward(Tensor dx, bool accumulate) =>
                kernels.RmsNormBackward(dy, Reread(x), inverseRoot, gain.Value, dx, accumulate, normalized);
        });
        return y;
    }

    /// <summary>LayerNorm(residual + dropout(x)). The value of x is used up: its memory holds the normalized rows from here on.</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="residual">[T, D] or null.</param>
    /// <param name="gain">[1, D].</param>
    /// <param name="bias">[1, D].</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="dropout">On x.</param>
    /// <returns>[T, D].</returns>
    public Variable LayerNorm(
        Variable x, Variable? residual, Parameter gain, Parameter bias, float epsilon, Dropout dropout)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(gain);
        ArgumentNullException.ThrowIfNull(bias);
        bool needsGradient = x.NeedsGradient || residual is { NeedsGradient: true } || gain.IsTrainable || bias.IsTrainable;
        Variable y = Make(x.Value.Rows, x.Value.Columns, needsGradient);
        Tensor inverseDeviation = Allocate(Shape.Vector(x.Value.Rows));
        kernels.LayerNorm(
            x.Value, residual?.Value, gain.Value, bias.Value, epsilon, dropout, y.Value, normalized: x.Value, inverseDeviation);
        if (!Records(y))
        {
            Free(inverseDeviation);
            return y;
        }

        Save(x);
        y.Recompute = again => kernels.Affine(Reread(x), gain.Value, bias.Value, again);
        Record(y, dy =>
        {
            Tensor normalized = Reread(x);
            if (gain.IsTrainable)
            {
                gain.AccumulateGradient(
                    kernels, (dGain, accumulate) => kernels.ColumnSum(dy, normalized, dGain, accumulate));
            }

            BiasRule(bias, dy);
            bool residualNeeds = residual is { NeedsGradient: true };
            if (x.NeedsGradient || residualNeeds)
            {
                Tensor? dx = dropout.Enabled ? Allocate(x.Value.Shape) : null;
                kernels.LayerNormBackward(dy, normalized, inverseDeviation, gain.Value, dropout, dy, dx);
                if (x.NeedsGradient)
                {
                    if (dx is null && residualNeeds)
                    {
                        // Both inputs get the same values, but each will go its own way.
                        dx = Allocate(x.Value.Shape);
                        kernels.Copy(dy, dx);
                    }

                    x.Gradient = dx ?? dy;
                }
                else if (dx is not null)
                {
                    Free(dx);
                }

                if (residualNeeds)
                {
                    HandOn(y, residual!);
                }
                else if (ReferenceEquals(x.Gradient, dy))
                {
                    y.Gradient = null;
                }
            }

            Free(inverseDeviation);
        });
        return y;
    }

    /// <summary>The sum of rows of several tables: table_i[ids_i[t]].</summary>
    /// <param name="lookups">Tables [V_i, D] with the ids [1, T] to look up in them.</param>
    /// <returns>[T, D].</returns>
    public Variable Embedding(params ReadOnlySpan<(Parameter Table, TokenIds Ids)> lookups)
    {
        (Parameter Table, TokenIds Ids)[] kept = lookups.ToArray();
        Variable y = Make(kept[0].Ids.Count, kept[0].Table.Shape.Columns, kept.Any(lookup => lookup.Table.IsTrainable));
        for (int i = 0; i < kept.Length; i++)
        {
            LookUp(kept[i].Table, kept[i].Ids, y.Value, accumulate: i > 0);
        }

        if (Records(y))
        {
            Record(y, dy =>
            {
                foreach ((Parameter table, TokenIds ids) in kept)
                {
                    if (table.IsTrainable)
                    {
                        table.AccumulateGradient(kernels, (dTable, accumulate) =>
                        {
                            if (!accumulate)
                            {
                                kernels.Fill(dTable, 0);
                            }

                            kernels.ScatterAddRows(dy, ids.Segments, dTable);
                        });
                    }
                }
            });
        }

        return y;
    }

    /// <summary>y[i] = x[rows[i]].</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="rows">Distinct rows of x.</param>
    /// <returns>[rows, D].</returns>
    public Variable SelectRows(Variable x, TokenIds rows)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(rows);
        Variable y = Make(rows.Count, x.Value.Columns, x.NeedsGradient);
        kernels.GatherRows(x.Value, rows.Tensor, y.Value);
        if (Records(y))
        {
            Record(y, dy => Contribute(x, (dx, accumulate) =>
            {
                if (!accumulate)
                {
                    kernels.Fill(dx, 0);
                }

                kernels.ScatterAddRows(dy, rows.Segments, dx);
            }));
        }

        return y;
    }

    /// <summary>Multi-head attention within the sequences of a packed batch.</summary>
    /// <param name="q">[Tq, D].</param>
    /// <param name="k">[Tk, D / heads * keyValueHeads].</param>
    /// <param name="v">[Tk, D / heads * keyValueHeads].</param>
    /// <param name="plan">The sequences, and which keys a query sees.</param>
    /// <param name="heads">Divides D.</param>
    /// <param name="keyValueHeads">Divides heads; heads itself where each has keys and values of its own.</param>
    /// <param name="dropout">On the probabilities.</param>
    /// <returns>[Tq, D].</returns>
    public Variable Attention(
        Variable q, Variable k, Variable v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout)
    {
        ArgumentNullException.ThrowIfNull(q);
        ArgumentNullException.ThrowIfNull(k);
        ArgumentNullException.ThrowIfNull(v);
        Variable y = Make(q.Value.Rows, q.Value.Columns, q.NeedsGradient || k.NeedsGradient || v.NeedsGradient);
        Tensor logSumExp = Allocate(new Shape(q.Value.Rows, heads));
        kernels.Attention(q.Value, k.Value, v.Value, plan, heads, keyValueHeads, dropout, y.Value, logSumExp);
        if (!Records(y))
        {
            Free(logSumExp);
            return y;
        }

        Save(q);
        Save(k);
        Save(v);
        Save(y);
        Record(y, dy =>
        {
            // One kernel gives all three gradients, so the three inputs must be this op's alone.
            q.Gradient = Allocate(q.Value.Shape);
            k.Gradient = Allocate(k.Value.Shape);
            v.Gradient = Allocate(v.Value.Shape);
            kernels.AttentionBackward(
                Reread(q), Reread(k), Reread(v), plan, heads, keyValueHeads, dropout, Reread(y), logSumExp, dy, q.Gradient, k.Gradient, v.Gradient);
            Free(logSumExp);
        });
        return y;
    }

    /// <summary>Cross-entropy of logits against class numbers, the mean over n rows of which these are some or all. Its
    /// gradient is 1.</summary>
    /// <param name="logits">[B, C].</param>
    /// <param name="labels">[1, B].</param>
    /// <param name="n">Null for B.</param>
    /// <returns>[1, 1], which belongs to the tape.</returns>
    public Tensor CrossEntropy(Variable logits, Tensor labels, int? n = null)
    {
        ArgumentNullException.ThrowIfNull(logits);
        Tensor loss = Allocate(Shape.Vector(1));
        logits.Gradient = Allocate(logits.Value.Shape);
        kernels.CrossEntropy(logits.Value, labels, n ?? logits.Value.Rows, loss, logits.Gradient);
        return loss;
    }

    /// <summary>Squared error of predictions against targets, the mean over n rows of which these are some or all. Its
    /// gradient is 1.</summary>
    /// <param name="predictions">[B, 1].</param>
    /// <param name="targets">[B, 1].</param>
    /// <param name="n">Null for B.</param>
    /// <returns>[1, 1], which belongs to the tape.</returns>
    public Tensor MeanSquaredError(Variable predictions, Tensor targets, int? n = null)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        Tensor loss = Allocate(Shape.Vector(1));
        predictions.Gradient = Allocate(predictions.Value.Shape);
        kernels.MeanSquaredError(predictions.Value, targets, n ?? predictions.Value.Rows, loss, predictions.Gradient);
        return loss;
    }

    private void LookUp(Parameter table, TokenIds ids, Tensor y, bool accumulate) =>
        kernels.GatherRows(table.Value, table.Halves, ids.Tensor, y, accumulate);

    private Variable Make(int rows, int columns, bool needsGradient) =>
        new(Allocate(new Shape(rows, columns)), needsGradient && IsTraining);
}
