using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Autograd;

/// <content>The linear layers, in every way a weight is kept, each with its gradient rule beside it. T rows of a packed batch;
/// [rows, columns].</content>
public sealed partial class Tape
{
    /// <summary>y = x Wᵀ + b, or its activation.</summary>
    /// <param name="x">[T, D_in].</param>
    /// <param name="weight">[D_out, D_in].</param>
    /// <param name="bias">[1, D_out], or null.</param>
    /// <param name="activation">What y goes through.</param>
    /// <returns>[T, D_out].</returns>
    public Variable Linear(Variable x, Parameter weight, Parameter? bias, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        return DenseLinear(x, weight, bias, activation);
    }

    /// <summary>The same y as <see cref="Linear"/>, by a weight whose gradient is kept sparse.</summary>
    /// <param name="x">[T, D_in].</param>
    /// <param name="weight">W [D_out, D_in], or H [d, D], rotated on its small side.</param>
    /// <param name="bias">[1, D_out], or null.</param>
    /// <param name="activation">What y goes through.</param>
    /// <returns>[T, D_out].</returns>
    public Variable SparseGradLinear(Variable x, SparseGradWeight weight, Parameter? bias, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        return !weight.IsRotated ? DenseLinear(x, weight, bias, activation)
            : weight.SmallSideIsInput ? SparseGradUp(x, weight, bias, activation)
            : SparseGradDown(x, weight, bias, activation);
    }

    /// <summary>y = x Wᵀ + b + s dropout(x) Aᵀ Bᵀ, or its activation. Hu et al., arXiv:2106.09685. W is frozen.</summary>
    /// <param name="x">[T, D_in].</param>
    /// <param name="weight">W [D_out, D_in].</param>
    /// <param name="bias">b [1, D_out], or null.</param>
    /// <param name="down">A [r, D_in].</param>
    /// <param name="up">B [D_out, r].</param>
    /// <param name="scale">s.</param>
    /// <param name="dropout">On the product's input.</param>
    /// <param name="activation">What y goes through.</param>
    /// <returns>[T, D_out].</returns>
    public Variable LoraLinear(
        Variable x, Parameter weight, Parameter? bias, Parameter down, Parameter up, float scale, Dropout dropout,
        Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(down);
        ArgumentNullException.ThrowIfNull(up);
        bool trainsFactors = down.IsTrainable || up.IsTrainable;
        Variable y = Make(x.Value.Rows, weight.Shape.Rows, x.NeedsGradient || trainsFactors || Trains(bias));
        using (ProductOperand dense = weight.Operand(kernels))
        {
            dense.Forward(x.Value, bias?.Value, y.Value);
        }

        // h = s dropout(x) Aᵀ
        Tensor h = Allocate(new Shape(x.Value.Rows, down.Value.Rows));
        Tensor dropped = Dropped(x.Value, dropout);
        kernels.Matmul(dropped, false, down.Value, true, null, h);
        FreeDropped(dropped, dropout);
        kernels.Scale(h, scale, h);
        Variable? activated = MakeActivated(y, activation);
        kernels.Matmul(h, false, up.Value, true, null, y.Value, accumulate: true, ForwardEpilogue(activated));
        if (!Records(y))
        {
            Free(h);
            return Activated(y, activated);
        }

        if (down.IsTrainable)
        {
            SaveUnlessRecomputed(x);
        }

        Record(y, (x, weight, bias, down, up, scale, dropout, h), static (tape, dy, op) =>
        {
            (Variable x, Parameter weight, Parameter? bias, Parameter down, Parameter up, float scale, Dropout dropout, Tensor h) = op;
            IKernels kernels = tape.kernels;
            tape.BiasRule(bias, dy);
            if (up.IsTrainable)
            {
                // dB = dyᵀ h
                up.AddGradient(kernels, dy, h);
            }

            // dh = s dy B
            kernels.Matmul(dy, false, up.Value, false, null, h);
            kernels.Scale(h, scale, h);
            if (down.IsTrainable)
            {
                // dA = dhᵀ dropout(x)
                Tensor again = tape.Dropped(tape.Reread(x), dropout);
                down.AddGradient(kernels, h, again);
                tape.FreeDropped(again, dropout);
            }

            if (x.NeedsGradient)
            {
                // dx = dy W + dropout(dh A)
                using ProductOperand dense = weight.Operand(kernels);
                (Tensor dx, bool accumulate) = tape.GradientOf(x);
                dense.Backward(dy, dx, accumulate);
                if (!dropout.Enabled)
                {
                    kernels.Matmul(h, false, down.Value, false, null, dx, accumulate: true, tape.BackwardEpilogue(x));
                    tape.PassActivation(x);
                }
                else
                {
                    Tensor path = tape.Allocate(dx.Shape);
                    kernels.Matmul(h, false, down.Value, false, null, path);
                    kernels.ApplyDropout(path, dropout, path);
                    kernels.Add(path, dx);
                    tape.Free(path);
                }
            }

            tape.Free(h);
        });
        return Activated(y, activated);
    }

    /// <summary>y = x Wᵀ + b, or its activation.</summary>
    /// <param name="x">[T, D_in].</param>
    /// <param name="weight">W [D_out, D_in].</param>
    /// <param name="bias">b [1, D_out], or null.</param>
    /// <param name="activation">What y goes through.</param>
    private Variable DenseLinear(Variable x, IDenseWeight weight, Parameter? bias, Activation activation)
    {
        Variable y = Make(x.Value.Rows, weight.Shape.Rows, x.NeedsGradient || weight.IsTrainable || Trains(bias));
        Variable? activated = MakeActivated(y, activation);
        using (ProductOperand dense = weight.Operand(kernels))
        {
            dense.Forward(x.Value, bias?.Value, y.Value, ForwardEpilogue(activated));
        }

        if (!Records(y))
        {
            return Activated(y, activated);
        }

        if (weight.IsTrainable)
        {
            SaveUnlessRecomputed(x);
        }

        Record(y, (x, weight, bias, isTrained: weight.IsTrainable), static (tape, dy, op) =>
        {
            tape.BiasRule(op.bias, dy);
            if (op.isTrained)
            {
                op.weight.AddGradient(tape.kernels, dy, tape.Reread(op.x));
            }

            if (op.x.NeedsGradient)
            {
                // dx = dy W
                using ProductOperand dense = op.weight.Operand(tape.kernels);
                (Tensor dx, bool accumulate) = tape.GradientOf(op.x);
                dense.Backward(dy, dx, accumulate, tape.BackwardEpilogue(op.x));
                tape.PassActivation(op.x);
            }
        });
        return Activated(y, activated);
    }

    /// <summary>Small side in, large side out: x̃ = x P; y = x̃ H + b.</summary>
    private Variable SparseGradUp(Variable x, SparseGradWeight weight, Parameter? bias, Activation activation)
    {
        Tensor small = weight.Basis.Small;
        Variable y = Make(x.Value.Rows, weight.Value.Columns, x.NeedsGradient || weight.IsTrainable || Trains(bias));
        Variable rotated = Make(x.Value.Rows, x.Value.Columns, needsGradient: false);
        kernels.Matmul(x.Value, false, small, true, null, rotated.Value);
        Variable? activated = MakeActivated(y, activation);
        kernels.Matmul(rotated.Value, false, weight.Value, false, bias?.Value, y.Value, epilogue: ForwardEpilogue(activated));
        rotated.IsSaved = Records(y) && weight.IsTrainable;
        Release(rotated);
        if (!Records(y))
        {
            return Activated(y, activated);
        }

        Record(y, (x, weight, bias, rotated), static (tape, dy, op) =>
        {
            (Variable x, SparseGradWeight weight, Parameter? bias, Variable rotated) = op;
            tape.BiasRule(bias, dy);
            if (weight.IsTrainable)
            {
                weight.AddGradient(tape.Reread(rotated), dy);
                tape.Forget(rotated);
            }

            if (x.NeedsGradient)
            {
                // dx̃ = dy Hᵀ; dx = dx̃ Pᵀ
                Tensor dRotated = tape.Allocate(x.Shape);
                tape.kernels.Matmul(dy, false, weight.Value, true, null, dRotated);
                (Tensor dx, bool accumulate) = tape.GradientOf(x);
                tape.kernels.Matmul(dRotated, false, weight.Basis.Small, false, null, dx, accumulate, tape.BackwardEpilogue(x));
                tape.PassActivation(x);
                tape.Free(dRotated);
            }
        });
        return Activated(y, activated);
    }

    /// <summary>Large side in, small side out: ỹ = x Hᵀ; y = ỹ Qᵀ + b.</summary>
    private Variable SparseGradDown(Variable x, SparseGradWeight weight, Parameter? bias, Activation activation)
    {
        Tensor small = weight.Basis.Small;
        Variable y = Make(x.Value.Rows, weight.Value.Rows, x.NeedsGradient || weight.IsTrainable || Trains(bias));
        Tensor rotated = Allocate(y.Value.Shape);
        kernels.Matmul(x.Value, false, weight.Value, true, null, rotated);
        Variable? activated = MakeActivated(y, activation);
        kernels.Matmul(rotated, false, small, false, bias?.Value, y.Value, epilogue: ForwardEpilogue(activated));
        Free(rotated);
        if (!Records(y))
        {
            return Activated(y, activated);
        }

        if (weight.IsTrainable)
        {
            SaveUnlessRecomputed(x);
        }

        Record(y, (x, weight, bias), static (tape, dy, op) =>
        {
            (Variable x, SparseGradWeight weight, Parameter? bias) = op;
            tape.BiasRule(bias, dy);

            // dỹ = dy Q
            Tensor dRotated = tape.Allocate(dy.Shape);
            tape.kernels.Matmul(dy, false, weight.Basis.Small, true, null, dRotated);
            if (weight.IsTrainable)
            {
                weight.AddGradient(dRotated, tape.Reread(x));
            }

            if (x.NeedsGradient)
            {
                // dx = dỹ H
                (Tensor dx, bool accumulate) = tape.GradientOf(x);
                tape.kernels.Matmul(dRotated, false, weight.Value, false, null, dx, accumulate, tape.BackwardEpilogue(x));
                tape.PassActivation(x);
            }

            tape.Free(dRotated);
        });
        return Activated(y, activated);
    }

    /// <summary>A place for the activation of a product y; null for none.</summary>
    private Variable? MakeActivated(Variable y, Activation activation) =>
        activation == Activation.Gelu ? Make(y.Value.Rows, y.Value.Columns, y.NeedsGradient) : null;

    /// <summary>What the last product of y does for it to be there.</summary>
    private static Epilogue ForwardEpilogue(Variable? activated) => activated is null ? default : Epilogue.Gelu(activated.Value);

    /// <summary>The layer's result, when its own rule is recorded: y itself, or its activation, and y is released.</summary>
    private Variable Activated(Variable y, Variable? activated)
    {
        if (activated is null)
        {
            return y;
        }

        RecordGelu(y, activated);
        Release(y);
        return activated;
    }

    /// <summary>What the last product of the gradient of x does, so that it is the gradient before the activation that made x.</summary>
    private Epilogue BackwardEpilogue(Variable x) => x.GeluInput is Variable input ? Epilogue.GeluBackward(Reread(input)) : default;

    /// <summary>Behind that product: hands the gradient on to what it now is the gradient of. What others add to x's passes through the
    /// activation's own rule.</summary>
    private void PassActivation(Variable x)
    {
        if (x.GeluInput is not Variable input)
        {
            return;
        }

        HandOn(x, input);
        if (x.Gradient is Tensor added)
        {
            Free(added);
            x.Gradient = null;
        }
    }

    /// <summary>The tensor under a mask; the tensor itself without dropout.</summary>
    private Tensor Dropped(Tensor x, Dropout dropout)
    {
        if (!dropout.Enabled)
        {
            return x;
        }

        Tensor dropped = Allocate(x.Shape);
        kernels.ApplyDropout(x, dropout, dropped);
        return dropped;
    }

    private void FreeDropped(Tensor dropped, Dropout dropout)
    {
        if (dropout.Enabled)
        {
            Free(dropped);
        }
    }

    private static bool Trains(Parameter? bias) => bias is { IsTrainable: true };

    private void BiasRule(Parameter? bias, Tensor dy)
    {
        if (Trains(bias))
        {
            bias!.AccumulateGradient(kernels, dy, static (kernels, dy, dBias, accumulate) => kernels.ColumnSum(dy, null, dBias, accumulate));
        }
    }
}
