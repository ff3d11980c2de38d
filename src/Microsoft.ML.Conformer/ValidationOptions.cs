namespace Microsoft.ML.Conformer;

/// <summary>How a network is validated while it is trained.</summary>
public sealed class ValidationOptions
{
    /// <summary>
    /// Images to validate with after each epoch, to keep the weights of the best one. Null (default): there is no validation, and the last
    /// epoch's weights are kept.
    /// </summary>
    /// <remarks>
    /// It has the same image and label columns as the training data; the label may also be the plain values that the training labels'
    /// keys were made from. The classes may have another order.
    /// </remarks>
    public IDataView? Data { get; set; }

    internal ValidationOptions Copy() => (ValidationOptions)MemberwiseClone();
}
