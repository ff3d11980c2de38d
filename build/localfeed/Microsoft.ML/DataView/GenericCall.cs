using System.Reflection;

namespace Microsoft.ML.Data;

/// <summary>Calls a generic method with type arguments that are only known at run time.</summary>
internal static class GenericCall
{
    /// <param name="method">The method, with any type arguments.</param>
    /// <param name="typeArgument">The type argument to call it with instead.</param>
    public static TResult Invoke<TResult>(Delegate method, Type typeArgument, params object[] arguments) =>
        Invoke<TResult>(method, [typeArgument], arguments);

    /// <inheritdoc cref="Invoke{TResult}(Delegate, Type, object[])"/>
    public static TResult Invoke<TResult>(Delegate method, Type[] typeArguments, params object[] arguments)
    {
        var generic = method.Method.GetGenericMethodDefinition().MakeGenericMethod(typeArguments);
        return (TResult)generic.Invoke(method.Target, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }
}
