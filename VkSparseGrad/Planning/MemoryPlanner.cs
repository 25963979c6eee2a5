using VkSparseGrad.Kernels;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Planning;

/// <summary>Finds the memory that a run will need, without a device and before anything is allocated.</summary>
/// <remarks>A model is built and trained by <see cref="CountingKernels"/>, so that what is counted is what the steps do. Evaluation
/// is not in it.</remarks>
public static class MemoryPlanner
{
    /// <summary>Batches of a step beyond which no more memory is needed: a first one, one that adds to it, and the last.</summary>
    private const int DifferentBatches = 3;

    /// <summary>The memory of fine-tuning a BERT or RoBERTa.</summary>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="options">The run.</param>
    /// <exception cref="ArgumentException">A setting is out of its range, or a sequence is too long for the model.</exception>
    public static MemoryPlan Plan(BertConfig config, PlanOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Plan(
            options,
            (kernels, weights) => new BertClassifier(kernels, config, weights),
            (model, training, count) => new Trainer(
                model, PlannedExamples.Labelled(count, options.Length, config.VocabularySize), training));
    }

    /// <summary>The memory of fine-tuning a LLaMA as a classifier.</summary>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="labels">Outputs of the head; 1 means regression.</param>
    /// <param name="adapted">Which layers are adapted, and how the others are kept.</param>
    /// <param name="options">The run.</param>
    /// <exception cref="ArgumentException">A setting is out of its range, or a sequence is too long for the model.</exception>
    /// <exception cref="InvalidOperationException">What is kept in 16 bits would be trained.</exception>
    public static MemoryPlan PlanClassifier(LlamaConfig config, int labels, LlamaOptions adapted, PlanOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Plan(
            options,
            (kernels, weights) => new LlamaClassifier(kernels, config, labels, weights, options: adapted),
            (model, training, count) => new Trainer(
                model, PlannedExamples.Labelled(count, options.Length, config.VocabularySize), training));
    }

    /// <summary>The memory of fine-tuning a LLaMA as a language model, every token being predicted.</summary>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="adapted">Which layers are adapted, and how the others are kept.</param>
    /// <param name="options">The run.</param>
    /// <inheritdoc cref="PlanClassifier" path="/exception"/>
    public static MemoryPlan PlanLanguageModel(LlamaConfig config, LlamaOptions adapted, PlanOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Plan(
            options,
            (kernels, weights) => new LlamaLanguageModel(kernels, config, weights, adapted),
            (model, training, count) => new Trainer(
                model, PlannedExamples.Texts(count, options.Length, config.VocabularySize), training));
    }

    /// <summary>As few steps as show all that the run will do.</summary>
    internal static TrainingOptions Shortened(TrainingOptions training)
    {
        ArgumentNullException.ThrowIfNull(training);

        // A step that refreshes SparseGrad's selection and one that does not need different memory.
        return training with
        {
            Accumulation = Math.Min(training.Accumulation, DifferentBatches),
            PreliminarySteps = 1,
            Epochs = training.Selection.Interval > 1 ? 2 : 1,
            Warmup = 0,
        };
    }

    private static MemoryPlan Plan<TModel>(
        PlanOptions options, Func<IKernels, IWeightSource, TModel> load, Func<TModel, TrainingOptions, int, Trainer> start)
        where TModel : TrainableModel
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Training.Check();
        TrainingOptions training = Shortened(options.Training);
        var phases = new List<PhaseMemory>();
        using var kernels = new CountingKernels(options.Matmul, options.LanesOrUsual);
        using TModel model = load(kernels, new UnreadWeights(options.Weights));
        long parameters = model.Parameters.Sum(parameter => parameter.Shape.Length);
        End(RunPhase.Load, HostMemory.OfLoading(model));
        using Trainer trainer = start(model, training, training.BatchSize * training.Accumulation);
        if (training.Method == TrainingMethod.SparseGrad)
        {
            trainer.Step();
            End(RunPhase.Preliminary, HostMemory.Always);
            End(RunPhase.Basis, HostMemory.OfBases(model));
            long found = HostMemory.OfRotation(model, training);
            trainer.TakeUndefinedBases((double)options.Training.Accumulation / training.Accumulation);
            End(RunPhase.Rotation, found);
        }

        while (!trainer.IsFinished)
        {
            trainer.Step();
        }

        End(RunPhase.Training, HostMemory.Always);
        Save(kernels, model);
        End(RunPhase.Saving, HostMemory.OfSaving(model, training.Method));
        return new MemoryPlan { Phases = phases, Parameters = parameters, TrainedValues = trainer.TrainedValues };

        void End(RunPhase phase, long hostBytes)
        {
            phases.Add(new PhaseMemory(phase, kernels.PeakMemory, hostBytes));
            kernels.ResetPeakMemory();
        }
    }

    /// <summary>What is done on the device to write the merged model, and the changes of SparseGrad's layers.</summary>
    private static void Save(IKernels kernels, TrainableModel model)
    {
        foreach ((string name, _) in model.LoadedWeights)
        {
            model.DenseWeight(name).Dispose();
        }

        foreach (SparseGradWeight weight in model.SparseGradLayers.Select(layer => layer.Weight))
        {
            using Tensor original = kernels.Allocate(weight.DenseShape, MemoryCategory.Scratch);
            SparseDelta.Change(kernels, weight, original).Dispose();
        }
    }
}
