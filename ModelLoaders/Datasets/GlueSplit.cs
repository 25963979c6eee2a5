namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>A part of a task's data.</summary>
public enum GlueSplit
{
    /// <summary>Labelled data to train on.</summary>
    Train,

    /// <summary>Labelled data to measure on.</summary>
    Dev,

    /// <summary>Data whose labels are not published: only predictions can be made.</summary>
    Test,
}
