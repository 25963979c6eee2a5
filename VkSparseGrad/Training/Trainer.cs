using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Training;

/// <summary>Fine-tunes a model, step by step or in one run.</summary>
/// <remarks>
/// With SparseGrad the run begins with a preliminary phase of its own steps, after which the model's MLP layers are rotated.
/// The trainer has no threads of its own (only the computation of the bases borrows the thread pool) and prints nothing. It must
/// be disposed before the model; the model stays as trained, for use and for saving. A model that SparseGrad has rotated or that
/// has LoRA's factors is trained by one trainer only.
/// </remarks>
public sealed partial class Trainer : IDisposable
{
    private const string MixedPrecisionAdvice = " With mixed precision activations above 65,504 become infinite; fp32 holds them.";

    private readonly IObjective objective;
    private readonly TrainableModel model;
    private readonly IKernels kernels;
    private readonly TrainingOptions options;
    private readonly LearningRateSchedule schedule;
    private readonly int[] order;
    private readonly Tape tape;

    /// <summary>What is read back of a step, at once: the loss, and from <see cref="IKernels.PartAlignment"/> on what clips the gradient.</summary>
    private readonly Tensor outcome;
    private readonly Tensor loss;
    private readonly Tensor clip;
    private readonly int examplesPerStep;
    private readonly int stepsPerEpoch;
    private readonly int batchesPerStep;
    private SparseGradPreparation? preparation;
    private TrainedWeights? weights;
    private Optimizer? optimizer;
    private int orderEpoch = -1;
    private int preliminaryStep;
    private int begunPreliminaryStep = -1;
    private int step;
    private bool isHalfRestored;
    private IEnumerator<StepResult?>? recording;
    private bool isUnderWay;
    private bool disposed;
    private StepResult? pending;

    /// <summary>Prepares the training of a classifier.</summary>
    /// <param name="model">The model, which the run changes. Stays the caller's.</param>
    /// <param name="examples">Labelled examples, at least one.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="ArgumentException">A setting or a label is out of its range, or the steps are too many to count.</exception>
    /// <exception cref="InvalidOperationException">An earlier run has rotated or extended the model's layers, or another one
    /// takes its gradients.</exception>
    public Trainer(Classifier model, IReadOnlyList<TokenizedExample> examples, TrainingOptions options)
        : this(new ClassifierObjective(model, examples), options)
    {
    }

    /// <summary>Prepares the training of a language model.</summary>
    /// <param name="model">The model, which the run changes. Stays the caller's.</param>
    /// <param name="blocks">At least one; each is an example.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="ArgumentException">A setting is out of its range, a block predicts nothing or does not fit the model, the
    /// steps are too many to count, or the method finds nothing to train in the model.</exception>
    /// <exception cref="InvalidOperationException">An earlier run has rotated or extended the model's layers, another one takes its
    /// gradients, or a weight to be trained is kept in 16 bits.</exception>
    public Trainer(LlamaLanguageModel model, IReadOnlyList<TextBlock> blocks, TrainingOptions options)
        : this(new LanguageObjective(model, blocks), options)
    {
    }

    private Trainer(IObjective objective, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        model = objective.Model;
        model.ThrowIfAdapted();
        if (objective.Examples == 0)
        {
            throw new ArgumentException("Training needs at least one example.");
        }

        this.objective = objective;
        this.options = options;
        kernels = model.Kernels;
        order = new int[objective.Examples];
        ForgetGradients();
        examplesPerStep = options.BatchSize * options.Accumulation;
        stepsPerEpoch = (objective.Examples - 1) / examplesPerStep + 1;
        batchesPerStep = Math.Min(options.Accumulation, (objective.Examples - 1) / options.BatchSize + 1);
        if ((long)stepsPerEpoch * options.Epochs > int.MaxValue)
        {
            throw new ArgumentException($"{options.Epochs} epochs of {stepsPerEpoch} steps are too many; a run has at most {int.MaxValue} steps.");
        }

        TotalSteps = stepsPerEpoch * options.Epochs;
        int warmupSteps = (int)Math.Min(TotalSteps, options.Warmup < 1 ? Math.Ceiling(options.Warmup * TotalSteps) : options.Warmup);
        schedule = new LearningRateSchedule(options.LearningRate, warmupSteps, TotalSteps, options.Decay);
        using var scope = DisposeScope.Open();
        tape = Tape.ForTraining(kernels, options.Seed, step: 0, options.Checkpointing, narrows: options.Precision == Precision.Mixed);
        outcome = scope.Add(kernels.Zeros(Shape.Vector(IKernels.PartAlignment + 2), MemoryCategory.Scratch));
        loss = kernels.Part(outcome, 0, 1);
        clip = kernels.Part(outcome, IKernels.PartAlignment, 2);
        if (options.Method == TrainingMethod.SparseGrad)
        {
            if (options.Scope == TrainingScope.All)
            {
                // What cannot be trained says so now, and not behind the preliminary phase, before which everything is frozen.
                foreach (Parameter parameter in model.Parameters)
                {
                    parameter.IsTrainable = true;
                }
            }

            preparation = new SparseGradPreparation(model);
        }
        else
        {
            StartTraining();
        }

        scope.Keep();
    }

    /// <summary>Training steps of the run, the preliminary phase not counted.</summary>
    public int TotalSteps { get; }

    /// <summary>Training steps done.</summary>
    public int CompletedSteps => pending is { Phase: TrainingPhase.Training } ? step - 1 : step;

    /// <summary>Whether all steps are done.</summary>
    public bool IsFinished => !isUnderWay && pending is null && step == TotalSteps;

    /// <summary>Number of values an update changes; 0 before training starts.</summary>
    public long TrainedValues => optimizer?.TrainedValues ?? 0;

    /// <summary>Of these, the values in the layers of the MLP; 0 before training starts.</summary>
    public long TrainedMlpValues => weights?.MlpValues ?? 0;

    /// <summary>SparseGrad: for each MLP weight the share of the gradient's energy (the sum of squares) that the kept
    /// coefficients held, over all refreshes so far; empty before there are any, and with other methods. Waits for the
    /// device.</summary>
    public IReadOnlyList<(string Weight, double Share)> KeptEnergy => step == 0
        ? []
        : [.. model.SparseGradLayers.Select(layer => (layer.Weight.Name, layer.Weight.KeptEnergy()))];

    /// <summary>Whether the preliminary phase has seen all its steps and the bases have yet to be computed, which
    /// <see cref="ComputeBases"/> or else the next step does.</summary>
    public bool BasesAreDue => preparation is not null && pending is null && preliminaryStep == options.PreliminarySteps;

    /// <summary>Computes the bases and rotates the model's MLP layers, where that is due. It takes seconds: for a caller who
    /// wants to tell, time or cancel it apart from a step.</summary>
    /// <param name="cancellation">Stops the computation; it can be begun again.</param>
    /// <exception cref="TrainingException">A gradient of the preliminary phase was not finite.</exception>
    /// <exception cref="InvalidOperationException">Rotating or restoring the model was broken off before.</exception>
    public void ComputeBases(CancellationToken cancellation = default) =>
        Rotate(watched => watched.Finish(options.Kept, options.Selection, RowsOfStep(), cancellation));

    /// <summary>The same with bases whose values are undefined: for a plan of memory, in which nothing is computed.</summary>
    /// <param name="windows">How many times the rows of this run's steps the planned ones have.</param>
    internal void TakeUndefinedBases(double windows) =>
        Rotate(watched => watched.FinishUndefined(options.Kept, options.Selection, RowsOfStep(windows)));

    /// <summary>Makes the next step refresh SparseGrad's selection, whether or not it is due; for measurements.</summary>
    internal void RefreshNext() => ForEachSelector(selector => selector.RefreshNext());

    private StepRows RowsOfStep(double windows = 1)
    {
        IEnumerable<int> all = Enumerable.Range(0, objective.Examples);
        double passesOfStep = windows * (options.Checkpointing ? 3 : 2) / stepsPerEpoch;
        return new(passesOfStep * all.Sum(example => (long)objective.Tokens(example)), passesOfStep * all.Sum(example => (long)objective.Items(example)));
    }

    private void Rotate(Action<SparseGradPreparation> finish)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ThrowIfBroken();
        if (BasesAreDue)
        {
            try
            {
                finish(preparation!);
            }
            catch (TrainingException fault) when (options.Precision == Precision.Mixed)
            {
                throw new TrainingException(fault.Message + MixedPrecisionAdvice);
            }

            preparation = null;
        }

        // Apart from the above, so that it can be tried again where there was no memory for the moments.
        if (preparation is null && optimizer is null)
        {
            StartTraining();
        }
    }

    /// <summary>Does one step and waits for it.</summary>
    /// <exception cref="ObjectDisposedException">The trainer was disposed.</exception>
    /// <exception cref="InvalidOperationException">All steps are done.</exception>
    /// <exception cref="TrainingException">The loss or the gradient is not finite. The weights are as they were before.</exception>
    public StepResult Step()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        while (pending is null)
        {
            RecordPiece();
        }

        return Complete();
    }

    /// <summary>Works on the current step for about as long as given, then returns to the caller's frame loop.</summary>
    /// <remarks>
    /// A step is recorded piece by piece (the forward pass, each gradient rule, the update) and submitted in pieces of
    /// <see cref="Devices.DeviceOptions.TargetSubmissionTime"/>; the call returns when the piece in which the time ran out is
    /// recorded, without waiting for what it submitted last. Two calls take longer, which belong behind a loading screen: the
    /// first steps of either phase compile pipelines, and the call that ends the preliminary phase computes the bases. Between
    /// two calls the model may be evaluated; it then has the weights from before the step, or those from after it.
    /// </remarks>
    /// <param name="budget">Time to spend.</param>
    /// <returns>The step's result in the call that completes it, else null.</returns>
    /// <exception cref="InvalidOperationException">All steps are done.</exception>
    /// <exception cref="TrainingException">The loss or the gradient is not finite. The weights are as they were before.</exception>
    public StepResult? Step(TimeSpan budget)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        long start = TimeProvider.System.GetTimestamp();
        bool deferred = kernels.DefersSubmission;
        kernels.DefersSubmission = true;
        try
        {
            do
            {
                if (pending is null)
                {
                    RecordPiece();
                }
            }
            while (pending is null && Left() > TimeSpan.Zero);
        }
        finally
        {
            kernels.DefersSubmission = deferred;
        }

        return kernels.Advance(Left()) && pending is not null ? Complete() : null;

        TimeSpan Left()
        {
            TimeSpan left = budget - TimeProvider.System.GetElapsedTime(start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Does all steps that are left.</summary>
    /// <param name="progress">Told of every step, on this thread.</param>
    /// <param name="cancellation">Stops between steps, and while the bases are computed.</param>
    /// <exception cref="OperationCanceledException">It was cancelled. The steps done so far stand.</exception>
    /// <exception cref="TrainingException">The loss or the gradient is not finite.</exception>
    public void Run(IProgress<StepResult>? progress = null, CancellationToken cancellation = default)
    {
        while (!IsFinished)
        {
            cancellation.ThrowIfCancellationRequested();
            ComputeBases(cancellation);
            StepResult result = Step();
            progress?.Report(result);
        }
    }

    /// <summary>Frees the optimizer's state. The model stays.</summary>
    public void Dispose()
    {
        disposed = true;
        recording?.Dispose();
        ForgetGradients();
        ForEachSelector(selector =>
        {
            if (pending is null)
            {
                selector.Undo();
            }
            else
            {
                selector.Accept();
            }
        });
        preparation?.Dispose();
        optimizer?.Dispose();
        weights?.Dispose();
        outcome.Dispose();
    }

    private void ThrowIfBroken()
    {
        if (isHalfRestored || preparation is { HasBegunRotation: true })
        {
            string what = isHalfRestored ? "Restoring the run" : "Rotating the model";
            throw new InvalidOperationException($"{what} was broken off half-way. Load the model and make a new trainer.");
        }
    }

    /// <summary>Records the next piece of the step under way, or the first of the next.</summary>
    private void RecordPiece()
    {
        recording ??= Record();
        isUnderWay = true;
        try
        {
            recording.MoveNext();
            pending = recording.Current;
        }
        catch
        {
            // The step can be tried again, with fresh gradients.
            recording = null;
            isUnderWay = false;
            ForgetGradients();
            ForEachSelector(selector => selector.Undo());
            throw;
        }

        isUnderWay = pending is null;
    }

    private void ForgetGradients()
    {
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.ClearGradient();
        }

        foreach (ISparseWeight weight in weights?.Sparse ?? [])
        {
            weight.ClearGradient();
        }
    }

    private void ForEachSelector(Action<CoefficientSelector> act)
    {
        foreach (ISparseWeight weight in weights?.Sparse ?? [])
        {
            if (weight is SparseGradWeight { Selector: CoefficientSelector selector })
            {
                act(selector);
            }
        }
    }

    /// <summary>Records one step after another piece by piece, without waiting for any. A step's last piece has its result.</summary>
    private IEnumerator<StepResult?> Record()
    {
        while (true)
        {
            if (optimizer is null)
            {
                ComputeBases();
            }

            ThrowIfBroken();
            if (step == TotalSteps)
            {
                throw new InvalidOperationException("All training steps are done.");
            }

            bool isPreliminary = preparation is not null;
            int place = isPreliminary ? preliminaryStep % TotalSteps : step;
            (int first, int count) = Choose(place);
            (int items, int tokens) = Count(order.AsSpan(first, count));
            int batches = (count - 1) / options.BatchSize + 1;
            BeginStep(batches);
            for (int i = 0; i < batches; i++)
            {
                using var scope = DisposeScope.Open();
                using Tape pass = tape;
                pass.Restart(DropoutStep(isPreliminary, i));
                int done = i * options.BatchSize;
                Tensor share = objective.Loss(
                    pass, order.AsSpan(first + done, Math.Min(options.BatchSize, count - done)), items, scope);
                if (i == 0)
                {
                    kernels.Copy(share, loss);
                }
                else
                {
                    kernels.Add(share, loss);
                }

                yield return null;
                while (pass.BackwardOnce())
                {
                    yield return null;
                }
            }

            int epoch = place / stepsPerEpoch;
            if (isPreliminary)
            {
                preliminaryStep++;
                yield return new StepResult(
                    TrainingPhase.Preliminary, preliminaryStep, options.PreliminarySteps, epoch, 0, 0, 0, count, tokens);
            }
            else
            {
                double rate = schedule.At(step);
                optimizer!.Step(rate, step + 1, loss, clip);
                step++;
                yield return new StepResult(TrainingPhase.Training, step, TotalSteps, epoch, 0, 0, rate, count, tokens);
            }
        }
    }

    private (int Items, int Tokens) Count(ReadOnlySpan<int> examples)
    {
        (int items, int tokens) = (0, 0);
        foreach (int example in examples)
        {
            items = checked(items + objective.Items(example));
            tokens = checked(tokens + objective.Tokens(example));
        }

        return (items, tokens);
    }

    private void BeginStep(int batches)
    {
        if (preparation is not null)
        {
            preparation.BeginStep(batches, isRepeated: begunPreliminaryStep == preliminaryStep);
            begunPreliminaryStep = preliminaryStep;
        }

        foreach (ISparseWeight weight in weights?.Sparse ?? [])
        {
            weight.BeginStep(step, batches);
        }
    }

    /// <summary>Every batch of a run has masks of its own; preliminary steps count from the other end.</summary>
    private uint DropoutStep(bool isPreliminary, int batch)
    {
        uint number = (uint)(isPreliminary ? preliminaryStep : step) * (uint)batchesPerStep + (uint)batch;
        return isPreliminary ? uint.MaxValue - number : number;
    }

    /// <summary>The examples of a step: a part of <see cref="order"/>.</summary>
    private (int First, int Count) Choose(int place)
    {
        int epoch = place / stepsPerEpoch;
        if (orderEpoch != epoch)
        {
            EpochShuffle.Fill(order, options.Seed, epoch);
            orderEpoch = epoch;
        }

        int first = place % stepsPerEpoch * examplesPerStep;
        return (first, Math.Min(examplesPerStep, objective.Examples - first));
    }

    /// <summary>Waits for the recorded step and reads what came of it.</summary>
    private StepResult Complete()
    {
        StepResult recorded = pending!.Value;
        Span<float> read = stackalloc float[(int)outcome.Length];
        kernels.Download(outcome, read);
        pending = null;
        float value = read[0], norm = recorded.Phase == TrainingPhase.Training ? read[IKernels.PartAlignment + 1] : 0;
        if (!float.IsFinite(value) || !float.IsFinite(norm))
        {
            ForEachSelector(selector => selector.Undo());
            throw new TrainingException(Explain(recorded, value, norm));
        }

        ForEachSelector(selector => selector.Accept());

        return recorded with { Loss = value, GradientNorm = norm };
    }

    private string Explain(StepResult recorded, float value, float norm)
    {
        string what = float.IsFinite(value) ? $"the gradient norm is {norm}" : $"the loss is {value}";
        string advice = recorded.Phase == TrainingPhase.Preliminary
            ? "Look at the data and at the model's weights"
            : "The weights were left as they were; try a lower learning rate";
        string bad = recorded.Phase == TrainingPhase.Training && optimizer!.FirstBadGradient() is string name
            ? $"; the first gradient that is not finite is that of {name}"
            : "";
        return FormattableString.Invariant(
            $"{recorded.Phase} step {recorded.Step}: {what}{bad}. {advice}.") +
            (options.Precision == Precision.Mixed && recorded.Phase == TrainingPhase.Training ? MixedPrecisionAdvice : "");
    }

    private void StartTraining()
    {
        var own = new TrainedWeights(model, options);
        try
        {
            if (own.Sparse.Length == 0 && !own.Dense.Any())
            {
                throw new ArgumentException(
                    $"{options.Method} with the scope {options.Scope} finds nothing to train in this model; choose another method or scope.");
            }

            optimizer = new Optimizer(kernels, own.Dense, own.Sparse, options.Optimizer);
            weights = own;
        }
        catch
        {
            // What it set on the model to take gradients would outlive a trainer that never came to be.
            own.Dispose();
            throw;
        }
    }
}
