using VkSparseGrad.Layers;

namespace VkSparseGrad.Training;

/// <content>What a run can be saved as, and gone on from.</content>
public sealed partial class Trainer
{
    /// <summary>Where the run stands.</summary>
    /// <exception cref="InvalidOperationException">A step is under way, or has failed in the middle of what cannot be saved in
    /// part.</exception>
    public TrainingPosition Position
    {
        get
        {
            ThrowIfNotWhole();
            return new TrainingPosition(preliminaryStep, step, preparation is null);
        }
    }

    /// <summary>Everything that a run needs to go on from here, beside its settings, its examples and the model it began with.</summary>
    /// <exception cref="InvalidOperationException">A step is under way, or has failed in the middle of what cannot be saved in
    /// part.</exception>
    public IReadOnlyList<StateTensor> State
    {
        get
        {
            ThrowIfNotWhole();
            return Tensors;
        }
    }

    /// <summary>Brings the run to where another one stood that had the same settings, examples and model. What follows is bit
    /// for bit what would have followed there, on the same device.</summary>
    /// <param name="position">Where it stood.</param>
    /// <param name="source">Its state.</param>
    /// <exception cref="ArgumentException">The position is not of this run.</exception>
    /// <exception cref="InvalidOperationException">A step is under way, or rotating or restoring the model was broken off before.
    /// Where this call fails after it has begun to change the run, no other follows.</exception>
    public void Restore(TrainingPosition position, IStateSource source)
    {
        ArgumentNullException.ThrowIfNull(position);
        ArgumentNullException.ThrowIfNull(source);
        ThrowIfUnderWay();
        ThrowIfBroken();
        int preliminarySteps = options.Method == TrainingMethod.SparseGrad ? options.PreliminarySteps : 0;
        if (position.Step < 0 || position.Step > TotalSteps || position.PreliminaryStep < 0 || position.PreliminaryStep > preliminarySteps ||
            (!position.IsTraining && (preparation is null || position.Step > 0)))
        {
            throw new ArgumentException($"This run has {preliminarySteps} preliminary steps and {TotalSteps} steps; {position} is not in it.");
        }

        if (position.IsTraining && preparation is not null)
        {
            TrainingState.CheckBases(model, options, source);
            isHalfRestored = true;
            preparation.Dispose();
            preparation = null;
            kernels.Trim();
            TrainingState.Rotate(model, options, source);
        }

        isHalfRestored = true;

        if (position.IsTraining && optimizer is null)
        {
            StartTraining();
        }

        foreach (StateTensor entry in Tensors)
        {
            TrainingState.Fill(kernels, entry, source);
        }

        foreach (SparseGradLinear layer in model.SparseGradLayers)
        {
            layer.Weight.Selector.Resume();
        }

        (preliminaryStep, step, begunPreliminaryStep) = (position.PreliminaryStep, position.Step, -1);
        isHalfRestored = false;
    }

    private IReadOnlyList<StateTensor> Tensors => preparation is not null
        ? [.. TrainingState.Of(preparation)]
        : [.. TrainingState.Of(model), .. TrainingState.Of(model, weights!, optimizer!)];

    private void ThrowIfNotWhole()
    {
        ThrowIfUnderWay();
        ThrowIfBroken();
        if (preparation is not null && begunPreliminaryStep == preliminaryStep)
        {
            throw new InvalidOperationException("The last step failed and is taken in in part. Do it again; then its state is there.");
        }

        if (preparation is null && optimizer is null)
        {
            throw new InvalidOperationException("The model is rotated and the optimizer is not there yet. Call ComputeBases again.");
        }
    }

    private void ThrowIfUnderWay()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (isUnderWay || pending is not null)
        {
            throw new InvalidOperationException("A step is under way; its state is there when it is complete.");
        }
    }
}
