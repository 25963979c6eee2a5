using VkSparseGrad.Models;

namespace VkSparseGrad.Training;

/// <summary>Takes the model alone out of a run's state.</summary>
public static class SavedModel
{
    /// <summary>Brings a model to where a run has trained it, for use and for saving. The optimizers' part of the state is not
    /// read.</summary>
    /// <param name="model">The model as the run began with it.</param>
    /// <param name="options">The run's settings.</param>
    /// <param name="source">The run's state, from its training phase.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="InvalidOperationException">An earlier run has rotated or extended the model's layers.</exception>
    public static void Restore(TrainableModel model, TrainingOptions options, IStateSource source)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(source);
        options.Check();
        model.ThrowIfAdapted();
        if (options.Method == TrainingMethod.SparseGrad)
        {
            TrainingState.Rotate(model, options, source);
        }

        TrainedWeights.Choose(model, options);
        foreach (StateTensor entry in TrainingState.Of(model))
        {
            TrainingState.Fill(model.Kernels, entry, source);
        }
    }
}
