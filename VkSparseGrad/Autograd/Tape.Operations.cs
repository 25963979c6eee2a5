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
        RecordGelu(x, y);
        return y;
    }

    private void RecordGelu(Variable x, Variable y)
    {
        if (!Records(y))
        {
            return;
        }

        Save(x);
        y.GeluInput = x;
        y.Recompute = Defer(x, static (tape, again, x) => tape.kernels.Gelu(tape.Reread(x), again));
        Record(y, (x, y), static (tape, dy, op) =>
        {
            tape.kernels.GeluBackward(tape.Reread(op.x), dy, dy);
            tape.HandOn(op.y, op.x);
        });
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
            Record(y, (x, y), static (tape, dy, op) =>
            {
                tape.kernels.TanhBackward(tape.Reread(op.y), dy, dy);
                tape.HandOn(op.y, op.x);
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
            Record(y, (x, y, dropout), static (tape, dy, op) =>
            {
                tape.kernels.ApplyDropout(dy, op.dropout, dy);
                tape.HandOn(op.y, op.x);
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
            Record(sum, (x, y, sum), static (tape, dSum, op) =>
            {
                if (op.x.NeedsGradient && op.y.NeedsGradient)
                {
                    // Both get the same values, but each will go its own way.
                    (Tensor dy, bool accumulate) = tape.GradientOf(op.y);
                    if (accumulate)
                    {
                        tape.kernels.Add(dSum, dy);
                    }
                    else
                    {
                        tape.kernels.Copy(dSum, dy);
                    }
                }

                tape.HandOn(op.sum, op.x.NeedsGradient ? op.x : op.y);
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
        y.Recompute = Defer(
            (gate, up), static (tape, again, op) => tape.kernels.SwiGlu(tape.Reread(op.gate), tape.Reread(op.up), again));
        Record(y, (gate, up, y), static (tape, dy, op) =>
        {
            // One kernel gives both gradients, whether or not both are wanted.
            (Variable gate, Variable up, Variable y) = op;
            Tensor dGate = tape.Allocate(gate.Shape);
            tape.kernels.SwiGluBackward(tape.Reread(gate), tape.Reread(up), dy, dGate, dy);
            if (gate.NeedsGradient && gate.Gradient is null)
            {
                gate.Gradient = dGate;
            }
            else
            {
                if (gate.NeedsGradient)
                {
                    tape.kernels.Add(dGate, gate.Gradient!);
                }

                tape.Free(dGate);
            }

            if (up.NeedsGradient)
            {
                tape.HandOn(y, up);
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
            Record(y, (x, y, table, positions), static (tape, dy, op) =>
            {
                tape.kernels.Rotate(dy, op.table, op.positions.Tensor, inverse: true, dy);
                tape.HandOn(op.y, op.x);
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
        y.Recompute = Defer((x, gain, epsilon), static (tape, again, op) =>
        {
            using Tensor unused = tape.kernels.Rent(Shape.Vector(op.x.Shape.Rows), MemoryCategory.Scratch);
            tape.kernels.RmsNorm(tape.Reread(op.x), op.gain.Value, op.epsilon, again, unused);
        });
        Record(y, (x, gain, inverseRoot), static (tape, dy, op) =>
        {
            (Variable x, Parameter gain, Tensor inverseRoot) = op;
            Tensor? normalized = gain.IsTrainable ? tape.Allocate(x.Shape) : null;

            // Where nothing behind x is trained, what its gradient would be is not kept.
            Tensor? unused = x.NeedsGradient ? null : tape.Allocate(x.Shape);
            (Tensor dx, bool accumulate) = unused is null ? tape.GradientOf(x) : (unused, false);
            tape.kernels.RmsNormBackward(dy, tape.Reread(x), inverseRoot, gain.Value, dx, accumulate, normalized);
            if (unused is not null)
            {
                tape.Free(unused);
            }

            if (normalized is not null)
            {
                gain.AccumulateGradient(
                    tape.kernels, (dy, normalized),
                    static (kernels, op, dGain, accumulate) => kernels.ColumnSum(op.dy, op.normalized, dGain, accumulate));
                tape.Free(normalized);
            }

            tape.Free(inverseRoot);
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
        y.Recompute = Defer(
            (x, gain, bias), static (tape, again, op) => tape.kernels.Affine(tape.Reread(op.x), op.gain.Value, op.bias.Value, again));
        Record(y, (x, residual, gain, bias, dropout, y, inverseDeviation), static (tape, dy, op) =>
        {
            (Variable x, Variable? residual, Parameter gain, Parameter bias, Dropout dropout, Variable y, Tensor inverseDeviation) = op;
            Tensor normalized = tape.Reread(x);
            if (gain.IsTrainable)
            {
                gain.AccumulateGradient(
                    tape.kernels, (dy, normalized),
                    static (kernels, op, dGain, accumulate) => kernels.ColumnSum(op.dy, op.normalized, dGain, accumulate));
            }

            tape.BiasRule(bias, dy);
            bool residualNeeds = residual is { NeedsGradient: true };
            if (x.NeedsGradient || residualNeeds)
            {
                Tensor? dx = dropout.Enabled ? tape.Allocate(x.Shape) : null;
                tape.kernels.LayerNormBackward(dy, normalized, inverseDeviation, gain.Value, dropout, dy, dx);
                if (x.NeedsGradient)
                {
                    if (dx is null && residualNeeds)
                    {
                        // Both inputs get the same values, but each will go its own way.
                        dx = tape.Allocate(x.Shape);
                        tape.kernels.Copy(dy, dx);
                    }

                    x.Gradient = dx ?? dy;
                }
                else if (dx is not null)
                {
                    tape.Free(dx);
                }

                if (residualNeeds)
                {
                    tape.HandOn(y, residual!);
                }
                else if (ReferenceEquals(x.Gradient, dy))
                {
                    y.Gradient = null;
                }
            }

            tape.Free(inverseDeviation);
        });
        return y;
    }

    /// <summary>The sum of rows of several tables: table_i[ids_i[t]].</summary>
    /// <param name="lookups">Tables [V_i, D] with the ids [1, T] to look up in them.</param>
    /// <returns>[T, D].</returns>
    public Variable Embedding(params ReadOnlySpan<(Parameter Table, TokenIds Ids)> lookups)
    {
        bool isTrained = false;
        foreach ((Parameter table, _) in lookups)
        {
            isTrained |= table.IsTrainable;
        }

        Variable y = Make(lookups[0].Ids.Count, lookups[0].Table.Shape.Columns, isTrained);
        for (int i = 0; i < lookups.Length; i++)
        {
            (Parameter table, TokenIds ids) = lookups[i];
            kernels.GatherRows(table.Value, table.Halves, ids.Tensor, y.Value, accumulate: i > 0);
        }

        if (Records(y))
        {
            (int first, int count) = (this.lookups.Count, lookups.Length);
            this.lookups.AddRange(lookups);
            Record(y, (first, count), static (tape, dy, op) =>
            {
                for (int i = op.first; i < op.first + op.count; i++)
                {
                    (Parameter table, TokenIds ids) = tape.lookups[i];
                    if (table.IsTrainable)
                    {
                        table.AccumulateGradient(tape.kernels, (dy, ids), static (kernels, op, dTable, accumulate) =>
                        {
                            if (!accumulate)
                            {
                                kernels.Fill(dTable, 0);
                            }

                            kernels.ScatterAddRows(op.dy, op.ids.Segments, dTable);
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
            Record(y, (x, rows), static (tape, dy, op) =>
            {
                (Tensor dx, bool accumulate) = tape.GradientOf(op.x);
                if (!accumulate)
                {
                    tape.kernels.Fill(dx, 0);
                }

                tape.kernels.ScatterAddRows(dy, op.rows.Segments, dx);
            });
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
        Record(y, (q, k, v, plan, heads, keyValueHeads, dropout, y, logSumExp), static (tape, dy, op) =>
        {
            // One kernel gives all three gradients, so the three inputs must be this op's alone.
            (Variable q, Variable k, Variable v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout, Variable y, Tensor logSumExp) = op;
            q.Gradient = tape.Allocate(q.Shape);
            k.Gradient = tape.Allocate(k.Shape);
            v.Gradient = tape.Allocate(v.Shape);
            tape.kernels.AttentionBackward(
                tape.Reread(q), tape.Reread(k), tape.Reread(v), plan, heads, keyValueHeads, dropout, tape.Reread(y), logSumExp, dy,
                q.Gradient, k.Gradient, v.Gradient);
            tape.Free(logSumExp);
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

    private Variable Make(int rows, int columns, bool needsGradient) =>
        Make(Allocate(new Shape(rows, columns)), needsGradient && IsTraining);
}
